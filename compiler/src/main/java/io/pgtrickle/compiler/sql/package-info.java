/// The syntax tree of a canonical query, and the parser adapter that makes it.
@NullMarked
package io.pgtrickle.compiler.sql;

import org.jspecify.annotations.NullMarked;
