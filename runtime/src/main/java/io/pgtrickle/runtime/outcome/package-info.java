/// What operations give back: outcomes and errors.
@NullMarked
package io.pgtrickle.runtime.outcome;

import org.jspecify.annotations.NullMarked;
