/// From the syntax tree to the operator tree.
@NullMarked
package io.pgtrickle.compiler.build;

import org.jspecify.annotations.NullMarked;
