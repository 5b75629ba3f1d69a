/// Change buffers and the triggers that fill them.
@NullMarked
package io.pgtrickle.runtime.capture;

import org.jspecify.annotations.NullMarked;
