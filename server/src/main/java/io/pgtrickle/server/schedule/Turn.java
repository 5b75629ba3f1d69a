package io.pgtrickle.server.schedule;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// What the agenda wants at one moment.
///
/// @param start ids of the stream tables to refresh now, most urgent first
/// @param next when to ask again even if nothing happens until then; empty for "only when something
///   happens"
record Turn(List<Long> start, Optional<Instant> next) {
    Turn {
        start = List.copyOf(start);
    }
}
