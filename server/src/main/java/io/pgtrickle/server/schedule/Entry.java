package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Schedulable;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// A stream table on the agenda, or several that are refreshed together. Immutable.
///
/// @param id the catalog's `pgt_id`, the smallest one of several
/// @param members their ids, each after those it reads
/// @param period at least this long from the start of one refresh with data to the start of the
///   next; may be zero
/// @param trigger what makes it want a refresh once the period is over
/// @param populated false until it has been filled
/// @param upstream ids of the entries it reads
record Entry(
        long id,
        List<Long> members,
        Duration period,
        Trigger trigger,
        boolean populated,
        Set<Long> upstream) {
    /// The default of the period of a recomputed stream table with a calculated schedule.
    static final Duration DEFAULT_PERIOD = Duration.ofSeconds(1);

    /// What makes a stream table want a refresh once its period is over.
    enum Trigger {
        /// Pending changes: it is maintained differentially.
        CHANGES,
        /// The time itself: it is recomputed, and what is pending cannot be known.
        TIME
    }

    Entry {
        members = List.copyOf(members);
        upstream = Set.copyOf(upstream);
    }

    /// One that is refreshed alone.
    Entry(long id, Duration period, Trigger trigger, boolean populated, Set<Long> upstream) {
        this(id, List.of(id), period, trigger, populated, upstream);
    }

    /// The entry of several that are refreshed together, or of one. Where some are recomputed, they
    /// say when: each refresh recomputes them, however little the others have to do.
    ///
    /// @param members each after those it reads
    /// @param slowest whether it waits until all are due, and not for the first
    static Entry together(long id, List<Entry> members, Set<Long> upstream, boolean slowest) {
        List<Entry> recomputed =
                members.stream().filter(it -> it.trigger() == Trigger.TIME).toList();
        Stream<Duration> periods =
                (recomputed.isEmpty() || slowest ? members : recomputed)
                        .stream().map(Entry::period);
        return new Entry(
                id,
                members.stream().map(Entry::id).toList(),
                (slowest
                                ? periods.max(Comparator.naturalOrder())
                                : periods.min(Comparator.naturalOrder()))
                        .orElseThrow(),
                recomputed.isEmpty() ? Trigger.CHANGES : Trigger.TIME,
                members.stream().allMatch(Entry::populated),
                upstream);
    }

    /// The entry of a stream table as the catalog has it.
    ///
    /// @param defaultPeriod the period when it is recomputed and its schedule calculated
    /// @throws PgTrickleException when its schedule cannot be read
    static Entry of(Schedulable table, Duration defaultPeriod) {
        Schedule schedule =
                table.schedule().isEmpty()
                        ? new Schedule.Calculated()
                        : Schedule.parse(table.schedule());
        return of(table, schedule, defaultPeriod);
    }

    /// The same with another schedule.
    static Entry of(Schedulable table, Schedule schedule, Duration defaultPeriod) {
        Trigger trigger = table.full() ? Trigger.TIME : Trigger.CHANGES;
        Duration period =
                switch (schedule) {
                    case Schedule.Every(Duration interval) -> interval;
                    case Schedule.Calculated _ -> table.full() ? defaultPeriod : Duration.ZERO;
                };
        return new Entry(table.id(), period, trigger, table.populated(), table.upstream());
    }
}
