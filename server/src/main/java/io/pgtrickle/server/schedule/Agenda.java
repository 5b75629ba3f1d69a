package io.pgtrickle.server.schedule;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/*
 * What is refreshed when.
 *
 * A stream table is due when at least its period has passed since the start of the last refresh that had data, or when
 * its next time of the calendar has come. It wants a refresh when it is due and has pending changes (recomputed ones, and
 * those with times of the calendar: when it is due). A look that finds nothing
 * starts nothing and moves nothing, so the next commit finds it due and is applied at once.
 *
 * Order: one that wants a refresh waits while a stream table that it reads runs or wants one itself, and while one
 * further up does and everything between is due, because that one's refresh will reach it. It waits for each of them
 * at most until a refresh has ended that started after the wait began: under a load that never ends, an upstream always
 * wants another refresh, and its readers must not wait for ever.
 *
 * Free workers go to the longest waiting, by rank (Rank). So nothing starves: the upstreams of one that waits end their
 * refreshes or pause, and the number of those whose turn is before only shrinks.
 */

/// The state machine of the scheduler: takes what is known and the time, says what to start and
/// when to ask again.
///
/// No clock, threads or database. One thread.
final class Agenda {
    private final Slots slots;
    private final Map<Long, Progress> present = new TreeMap<>();

    /// Those that disappeared while they ran.
    private final Map<Long, Progress> leaving = new TreeMap<>();

    private Upstreams upstreams = Upstreams.of(List.of());

    /// The ids of all that is refreshed, alone or together.
    private Set<Long> members = Set.of();

    /// @param slots what decides how many refreshes run at the same time
    Agenda(Slots slots) {
        this.slots = slots;
    }

    /// @param workers refreshes that may run at the same time
    Agenda(int workers) {
        this(Slots.of(workers));
    }

    /// Takes the stream tables that there are now.
    ///
    /// @return ids of the ones that are not there any more
    Set<Long> load(Collection<Entry> entries) {
        Set<Long> gone = new HashSet<>(present.keySet());
        for (Entry entry : entries) {
            gone.remove(entry.id());
            Progress returned = leaving.remove(entry.id());
            if (returned != null) {
                present.put(entry.id(), returned);
            }
            present.computeIfAbsent(entry.id(), _ -> new Progress(entry)).update(entry);
        }
        for (long id : gone) {
            Progress progress = present.remove(id);
            if (progress != null && progress.running()) {
                leaving.put(id, progress);
            }
        }
        upstreams = Upstreams.of(entries);
        members =
                entries.stream()
                        .flatMap(entry -> entry.members().stream())
                        .collect(Collectors.toSet());
        return gone;
    }

    boolean contains(long id) {
        return members.contains(id);
    }

    /// The ids of what is refreshed together under an id.
    List<Long> members(long id) {
        Progress progress = present.get(id);
        return progress == null ? List.of(id) : progress.members();
    }

    /// How many refreshes run.
    int running() {
        return leaving.size() + (int) present.values().stream().filter(Progress::running).count();
    }

    /// Failures of a stream table since its last success.
    int failures(long id) {
        Progress progress = present.get(id);
        return progress == null ? 0 : progress.failures();
    }

    /// Whether some stream table is due and waits for the next commit on a source: then, and only
    /// then, it is worth asking for a wake-up and for what is pending.
    boolean waitsForChanges(Instant now) {
        return present.values().stream().anyMatch(it -> it.waitsForChanges(now));
    }

    /// What to start now. The caller starts it: from here on it counts as running.
    ///
    /// @param pending ids of the stream tables with pending changes, read after everything that has
    ///   finished
    Turn plan(Instant now, Set<Long> pending) {
        present.values().forEach(it -> it.look(now, pending));
        List<Progress> ready =
                present.values().stream()
                        .filter(it -> it.wanted() && !delayed(it, now))
                        .sorted(
                                Comparator.comparing(Progress::turn)
                                        .thenComparing(it -> it.rank().tier())
                                        .thenComparingLong(Progress::id))
                        .toList();
        List<Progress> start = ready.subList(0, slots.take(ready.size(), running()));
        start.forEach(it -> it.start(now));
        Optional<Instant> next =
                present.values().stream()
                        .map(it -> it.nextDue(now))
                        .filter(it -> it.isBefore(Instant.MAX))
                        .min(Comparator.naturalOrder());
        return new Turn(start.stream().map(Progress::id).toList(), next);
    }

    /// Those that have waited for a refresh since a time or before, and do not run.
    List<Ticket> waiting(Instant since) {
        return present.values().stream()
                .filter(it -> it.wanted() && !it.wantedSince().isAfter(since))
                .map(Progress::ticket)
                .toList();
    }

    /// Of one that runs.
    Optional<Ticket> ticket(long id) {
        return Optional.ofNullable(present.get(id)).map(Progress::ticket);
    }

    private boolean delayed(Progress reader, Instant now) {
        List<Long> open = new ArrayList<>(upstreams.of(reader.id()));
        Set<Long> seen = new HashSet<>();
        while (!open.isEmpty()) {
            long id = open.removeLast();
            Progress upstream = present.get(id);
            if (upstream == null || !seen.add(id)) {
                continue;
            }
            if (upstream.delays(reader.wantedSince())) {
                return true;
            }
            if (upstream.due(now)) {
                open.addAll(upstreams.of(id));
            }
        }
        return false;
    }

    /// Notes that what held refreshes back may be gone.
    void released(Instant now) {
        present.values().forEach(it -> it.release(now));
    }

    /// Notes that a refresh ended.
    ///
    /// @return what to say of the time that it took
    Optional<Strain> finished(long id, Instant now, Result result) {
        leaving.remove(id);
        Progress progress = present.get(id);
        return progress == null ? Optional.empty() : progress.finish(now, result);
    }

    /// How fresh everything was at the last look.
    List<Standing> standings() {
        return present.values().stream().map(Progress::standing).toList();
    }
}
