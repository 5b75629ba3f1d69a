/// The only place that makes SQL text.
@NullMarked
package io.pgtrickle.compiler.emit;

import org.jspecify.annotations.NullMarked;
