package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.catalog.QualifiedName;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/// A stream table as the scheduler sees it.
///
/// @param id `pgt_id`
/// @param table schema and name
/// @param schedule as stored: empty string for `calculated`
/// @param full whether its pending changes cannot be known: it is recomputed, or reads a source
///   whose changes are only found by comparing
/// @param populated false until the first refresh, and when everything must be recomputed
/// @param upstream ids of the stream tables it reads
/// @param lastRefresh when it was last refreshed, by anybody, whether or not there was anything to
///   do
/// @param tier HOT in mode IMMEDIATE, which has no schedule
/// @param immediate whether it is in mode IMMEDIATE, and has to be recomputed
/// @param alerts whether it may be the subject of notifications
public record Schedulable(
        long id,
        QualifiedName table,
        String schedule,
        boolean full,
        boolean populated,
        Set<Long> upstream,
        Optional<Instant> lastRefresh,
        Tier tier,
        boolean immediate,
        boolean alerts) {

    /// The name for messages.
    public String name() {
        return table.schema() + "." + table.name();
    }
}
