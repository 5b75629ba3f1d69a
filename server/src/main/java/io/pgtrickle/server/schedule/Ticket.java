package io.pgtrickle.server.schedule;

import java.time.Instant;
import java.util.List;

/// A refresh that is wanted or runs. Immutable.
///
/// @param id of its unit
/// @param kind of its unit
/// @param members what is refreshed, each after those it reads
/// @param since when it began to be wanted
/// @param attempt 1, and one more for each failure since the last success
record Ticket(long id, UnitKind kind, List<Long> members, Instant since, int attempt) {}
