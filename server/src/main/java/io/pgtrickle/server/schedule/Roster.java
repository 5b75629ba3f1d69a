package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.Tier;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// The stream tables that there are, as last read from the catalog, and how their refreshes fare.
///
/// One thread.
final class Roster {
    private final Database database;
    private final Agenda agenda;
    private final Journal journal;
    private final Notices notices;
    private final Jobs jobs;
    private final Map<Long, String> names = new HashMap<>();

    /// What the texts of the schedules mean: reading a cron schedule takes longer than all the
    /// rest.
    private Map<String, Schedule> schedules = Map.of();

    /// Failures that are logged once it is known that the stream table still exists.
    private final Map<Long, Result.Failed> unreported = new HashMap<>();

    /// Ids with pending changes that the catalog does not offer for refreshing.
    private Set<Long> ignored = Set.of();

    /// Of stream tables that are frozen.
    private List<Schedulable> frozen = List.of();

    Roster(Database database, Agenda agenda, Journal journal, Notices notices, Jobs jobs) {
        this.database = database;
        this.notices = notices;
        this.jobs = jobs;
        this.agenda = agenda;
        this.journal = journal;
    }

    /// Reads the catalog. What is frozen stays away from the agenda.
    void load(Pace pace) throws SQLException {
        Map<String, Schedule> read = new HashMap<>();
        List<Schedulable> tables = database.load();
        notices.load(tables);
        List<Schedulable> left = new ArrayList<>();
        List<Entry> entries = new ArrayList<>();
        Set<Long> gone = new HashSet<>(names.keySet());
        for (Schedulable table : tables) {
            gone.remove(table.id());
            names.put(table.id(), table.name());
            if (pace.tiers() && table.tier() == Tier.FROZEN) {
                left.add(table);
            } else {
                Schedule schedule =
                        read.computeIfAbsent(table.schedule(), text -> schedule(table, text));
                entries.add(Entry.of(table, schedule, pace));
            }
        }
        schedules = read;
        frozen = left;
        List<Entry> units = Units.of(entries, database.groups());
        jobs.load(units);
        agenda.load(units).forEach(journal::gone);
        for (long id : gone) {
            names.remove(id);
            journal.gone(id);
            database.forget(id);
        }
        journal.planned(
                pace.limits().mode() == Limits.Mode.DRY_RUN
                        ? Plan.of(units, pace.limits(), this::single)
                        : List.of());
        unreported.forEach((id, failure) -> {
            if (names.containsKey(id)) {
                journal.failed(id, name(id), failure, Progress.retryDelay(agenda.failures(id)));
            }
        });
        unreported.clear();
    }

    private String name(long id) {
        return agenda.members(id).stream().map(this::single).collect(Collectors.joining(", "));
    }

    private String single(long id) {
        return names.getOrDefault(id, "stream table " + id);
    }

    private Schedule schedule(Schedulable table, String text) {
        Schedule known = schedules.get(text);
        if (known != null) {
            return known;
        }
        try {
            return text.isEmpty() ? new Schedule.Calculated() : Schedule.parse(text);
        } catch (PgTrickleException _) {
            journal.unreadableSchedule(table.id(), table.name(), text);
            return new Schedule.Calculated();
        }
    }

    /// Whether changes are pending for stream tables that appeared after the last load.
    boolean isOutdated(Set<Long> pending) {
        return !ignored.containsAll(unknown(pending));
    }

    /// Remembers which of them a fresh load did not bring either.
    void ignoreUnknown(Set<Long> pending) {
        ignored = unknown(pending);
    }

    private Set<Long> unknown(Set<Long> pending) {
        Set<Long> unknown = new HashSet<>(pending);
        unknown.removeIf(agenda::contains);
        return unknown;
    }

    /// Looks for what is worth to be told now.
    void look(Instant now) {
        notices.look(agenda.standings(), now);
        frozen.forEach(it -> notices.frozen(it, now));
    }

    /// Notes how a refresh ended, after the agenda has.
    ///
    /// @param strain what the agenda says of the time that it took
    /// @return whether the catalog is to be read again, to see if the stream table still exists
    boolean note(long id, Result result, Optional<Strain> strain, Instant now) {
        return switch (result) {
            case Result.Failed failure -> {
                unreported.put(id, failure);
                agenda.members(id).forEach(it -> notices.failed(it, failure));
                yield true;
            }
            case Result.Refreshed _, Result.Nothing _ -> {
                journal.succeeded(id, name(id));
                if (result instanceof Result.Refreshed) {
                    keepsUp(id, strain, now);
                }
                yield false;
            }
            case Result.Busy _, Result.Held _ -> false;
        };
    }

    private void keepsUp(long id, Optional<Strain> strain, Instant now) {
        if (strain.isEmpty()) {
            journal.inTime(id, name(id), now);
            return;
        }
        journal.strained(id, name(id), strain.get(), now);
        agenda.members(id).forEach(it -> notices.strained(it, strain.get(), now));
    }
}
