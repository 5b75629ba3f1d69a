/// The operator tree: relational operators and scalar expressions with named columns.
@NullMarked
package io.pgtrickle.compiler.plan;

import org.jspecify.annotations.NullMarked;
