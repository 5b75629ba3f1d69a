package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Schedulable;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// The stream tables that there are, as last read from the catalog, and how their refreshes fare.
///
/// One thread.
final class Roster {
    private final Database database;
    private final Agenda agenda;
    private final Journal journal;
    private final Map<Long, String> names = new HashMap<>();

    /// Failures that are logged once it is known that the stream table still exists.
    private final Map<Long, Result.Failed> unreported = new HashMap<>();

    /// Ids with pending changes that the catalog does not offer for refreshing.
    private Set<Long> ignored = Set.of();

    Roster(Database database, Agenda agenda, Journal journal) {
        this.database = database;
        this.agenda = agenda;
        this.journal = journal;
    }

    /// Reads the catalog.
    ///
    /// @param defaultPeriod of what is recomputed and has no schedule
    void load(Duration defaultPeriod) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        Set<Long> gone = new HashSet<>(names.keySet());
        for (Schedulable table : database.load()) {
            gone.remove(table.id());
            names.put(table.id(), table.name());
            entries.add(entry(table, defaultPeriod));
        }
        agenda.load(Units.of(entries, database.groups())).forEach(journal::gone);
        for (long id : gone) {
            names.remove(id);
            journal.gone(id);
            database.forget(id);
        }
        unreported.forEach((id, failure) -> {
            if (names.containsKey(id)) {
                journal.failed(id, name(id), failure, Progress.retryDelay(agenda.failures(id)));
            }
        });
        unreported.clear();
    }

    private String name(long id) {
        return agenda.members(id).stream()
                .map(it -> names.getOrDefault(it, "stream table " + it))
                .collect(Collectors.joining(", "));
    }

    private Entry entry(Schedulable table, Duration defaultPeriod) {
        try {
            return Entry.of(table, defaultPeriod);
        } catch (PgTrickleException _) {
            journal.unreadableSchedule(table.id(), table.name(), table.schedule());
            return Entry.of(table, new Schedule.Calculated(), defaultPeriod);
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

    /// Notes how a refresh ended.
    ///
    /// @return whether the catalog is to be read again, to see if the stream table still exists
    boolean note(long id, Result result) {
        return switch (result) {
            case Result.Failed failure -> {
                unreported.put(id, failure);
                yield true;
            }
            case Result.Refreshed _, Result.Nothing _ -> {
                journal.succeeded(id, name(id));
                yield false;
            }
            case Result.Busy _, Result.Held _ -> false;
        };
    }
}
