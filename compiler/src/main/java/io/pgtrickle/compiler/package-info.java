/// The compiler's entry point.
@NullMarked
package io.pgtrickle.compiler;

import org.jspecify.annotations.NullMarked;
