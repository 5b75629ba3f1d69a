package io.pgtrickle.server.schedule;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// How fresh a stream table is, or several that are refreshed together. Immutable.
///
/// @param members their ids
/// @param lastData the start of the last refresh that had data; MIN when there was none
/// @param behindSince since when it has wanted a refresh, has been refreshed, or has failed,
///   without a success; MAX when it has what it wants
/// @param period of its schedule, not stretched; empty for schedules without one
/// @param follows whether it is refreshed only when changes are known
record Standing(
        List<Long> members,
        Instant lastData,
        Instant behindSince,
        Optional<Duration> period,
        boolean follows) {}
