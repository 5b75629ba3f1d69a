/// Differentiation: from an operator tree to the tree of its change.
@NullMarked
package io.pgtrickle.compiler.delta;

import org.jspecify.annotations.NullMarked;
