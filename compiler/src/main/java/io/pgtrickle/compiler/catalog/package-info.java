/// Facts about the database that the compiler needs, as immutable values.
@NullMarked
package io.pgtrickle.compiler.catalog;

import org.jspecify.annotations.NullMarked;
