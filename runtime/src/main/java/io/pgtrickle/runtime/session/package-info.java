/// Where the engine's SQL runs: on a connection of its own, or in the session of a caller.
@NullMarked
package io.pgtrickle.runtime.session;

import org.jspecify.annotations.NullMarked;
