package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Cron;
import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A stream table on the agenda, or several that are refreshed together. Immutable.
///
/// @param id the catalog's `pgt_id`, the smallest one of several
/// @param members their ids, each after those it reads
/// @param rhythm when changes may be applied
/// @param alarm when it is refreshed even without known changes; empty for never
/// @param populated false until it has been filled
/// @param upstream ids of the entries it reads
/// @param lastRefresh when it was last refreshed, as far as the catalog knows
/// @param rank how urgent it is among others
record Entry(
        long id,
        List<Long> members,
        Rhythm rhythm,
        Optional<Rhythm> alarm,
        boolean populated,
        Set<Long> upstream,
        Optional<Instant> lastRefresh,
        Rank rank) {
    /// The default of the period of a recomputed stream table with a calculated schedule.
    static final Duration DEFAULT_PERIOD = Duration.ofSeconds(1);

    /// What makes a stream table want a refresh once it is due.
    enum Trigger {
        /// Pending changes: it is maintained differentially.
        CHANGES,
        /// The time itself: it is recomputed, and what is pending cannot be known; or it has times
        /// of the calendar, at which it is looked at whatever is pending, so that the catalog knows
        /// of it after the service has ended.
        TIME
    }

    Entry {
        members = List.copyOf(members);
        upstream = Set.copyOf(upstream);
    }

    /// One of ordinary rank.
    Entry(
            long id,
            List<Long> members,
            Rhythm rhythm,
            Optional<Rhythm> alarm,
            boolean populated,
            Set<Long> upstream,
            Optional<Instant> lastRefresh) {
        this(id, members, rhythm, alarm, populated, upstream, lastRefresh, Rank.of(members.size()));
    }

    /// One that is refreshed alone.
    Entry(
            long id,
            Rhythm rhythm,
            Trigger trigger,
            boolean populated,
            Set<Long> upstream,
            Optional<Instant> lastRefresh) {
        this(
                id,
                List.of(id),
                rhythm,
                trigger == Trigger.TIME ? Optional.of(rhythm) : Optional.empty(),
                populated,
                upstream,
                lastRefresh);
    }

    /// One with a period that has not been refreshed yet.
    Entry(long id, Duration period, Trigger trigger, boolean populated, Set<Long> upstream) {
        this(id, new Rhythm.Every(period, true), trigger, populated, upstream, Optional.empty());
    }

    /// The entry of several that are refreshed together, or of one. Where some are recomputed again
    /// and again, they say when, with those that have times of the calendar: each refresh
    /// recomputes them, however little the others have to do.
    ///
    /// @param members each after those it reads
    /// @param slowest whether it waits until all are due, and not for the first
    /// @param cyclic whether they read each other
    static Entry together(
            long id, List<Entry> members, Set<Long> upstream, boolean slowest, boolean cyclic) {
        boolean recomputes = members.stream().anyMatch(Entry::recomputed);
        Rhythm rhythm =
                Rhythm.together(
                        members.stream()
                                .filter(it -> slowest || !recomputes || it.alarm().isPresent())
                                .map(Entry::rhythm)
                                .toList(),
                        slowest);
        List<Rhythm> alarms = members.stream().flatMap(it -> it.alarm().stream()).toList();
        Optional<Rhythm> alarm =
                alarms.isEmpty() || slowest
                        ? Optional.of(rhythm).filter(_ -> !alarms.isEmpty())
                        : Optional.of(Rhythm.together(alarms, false));
        return new Entry(
                id,
                members.stream().map(Entry::id).toList(),
                rhythm,
                alarm,
                members.stream().allMatch(Entry::populated),
                upstream,
                members.stream()
                        .map(Entry::lastRefresh)
                        .min(Comparator.comparing(it -> it.orElse(Instant.MIN)))
                        .orElseThrow(),
                Rank.together(members.stream().map(Entry::rank).toList(), cyclic));
    }

    /// The entry of a stream table.
    ///
    /// @param table not frozen, or tiers are off
    /// @param schedule what its text means
    static Entry of(Schedulable table, Schedule schedule, Pace pace) {
        int factor = pace.tiers() ? table.tier().factor() : Tier.HOT.factor();
        boolean always = table.full() || schedule instanceof Cron;
        Rhythm rhythm =
                switch (schedule) {
                    case Schedule.Every(Duration interval) ->
                            new Rhythm.Every(interval.multipliedBy(factor), pace.stretches());
                    // The default period is what a tier stretches where changes alone decide.
                    case Schedule.Calculated _ when table.full() || factor > 1 ->
                            new Rhythm.Every(
                                    pace.defaultPeriod().multipliedBy(factor), pace.stretches());
                    case Schedule.Calculated _ -> new Rhythm.Every(Duration.ZERO, pace.stretches());
                    case Cron cron -> new Rhythm.At(cron);
                };
        return new Entry(
                table.id(),
                List.of(table.id()),
                rhythm,
                always ? Optional.of(rhythm) : Optional.empty(),
                table.populated(),
                table.upstream(),
                table.lastRefresh(),
                new Rank(
                        table.immediate() ? UnitKind.IMMEDIATE_CLOSURE : UnitKind.SINGLETON,
                        pace.tiers() ? table.tier() : Tier.HOT));
    }

    /// Whether it is recomputed again and again, and not at times of the calendar.
    private boolean recomputed() {
        return alarm.isPresent() && rhythm instanceof Rhythm.Every;
    }

    /// What makes it want a refresh once it is due: time, where it does for one of several.
    Trigger trigger() {
        return alarm.isPresent() ? Trigger.TIME : Trigger.CHANGES;
    }
}
