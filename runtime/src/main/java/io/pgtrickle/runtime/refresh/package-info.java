/// Refreshes: what is pending, the transaction that applies it, the frontier.
@NullMarked
package io.pgtrickle.runtime.refresh;

import org.jspecify.annotations.NullMarked;
