package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.runtime.refresh.RefreshEngine.Schedulable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Decides which stream tables to refresh. No clock, no thread, no database: time is passed in, in milliseconds of
/// any steady clock.
///
/// A stream table is due when its schedule has passed since the start of its last refresh that had data, and it has
/// pending changes; one that is recomputed needs no changes, one that is not populated no schedule. A due one waits
/// for what it reads while that is due or running, unless that has finished since its own last start: so order is
/// kept, and a busy source does not starve its readers. After a failure it waits twice as long each time.
///
/// One thread.
public final class Agenda {
    /// The first wait after a failure; doubles up to [#MAX_BACKOFF].
    static final Duration BACKOFF = Duration.ofSeconds(1);

    /// The longest wait after a failure.
    static final Duration MAX_BACKOFF = Duration.ofSeconds(60);

    /// How often a stream table without a schedule is recomputed.
    static final Duration DEFAULT_FULL_INTERVAL = Duration.ofSeconds(1);

    private final Map<Long, State> states = new HashMap<>();

    /// What is remembered of a stream table.
    private static final class State {
        boolean running;
        Optional<Long> phase = Optional.empty();
        long startedAt = Long.MIN_VALUE;
        long finishedAt = Long.MIN_VALUE;
        long retryAt = Long.MIN_VALUE;
        int failures;
    }

    /// How a refresh ended.
    public enum Ending {
        /// There were changes, or it was recomputed.
        DATA,
        /// There was nothing to do, or somebody else was doing it.
        NOTHING,
        /// It failed.
        FAILED
    }

    /// What to do now.
    ///
    /// @param start the stream tables to refresh, sources first
    /// @param wakeAt when to decide again at the latest, if nothing happens
    /// @param listening whether a change of a source could make something due before that
    public record Decision(List<Schedulable> start, Optional<Long> wakeAt, boolean listening) {
        public Decision {
            start = List.copyOf(start);
        }
    }

    /// Decides, and takes note of what is started.
    ///
    /// @param now the time
    /// @param tables all stream tables
    /// @param pending the differential ones with pending changes
    public Decision decide(long now, List<Schedulable> tables, Set<Long> pending) {
        forgetAllBut(tables);
        List<Schedulable> start = new ArrayList<>();
        Set<Long> active = new HashSet<>();
        Optional<Long> wakeAt = Optional.empty();
        boolean listening = false;
        for (Schedulable table : sourcesFirst(tables)) {
            State state = states.computeIfAbsent(table.id(), _ -> new State());
            if (state.running) {
                active.add(table.id());
                continue;
            }
            boolean wanted = table.full() || !table.populated() || pending.contains(table.id());
            long dueAt = Math.max(state.retryAt, dueAt(table, state));
            if (!wanted) {
                listening |= dueAt <= now;
            }
            if (dueAt > now) {
                wakeAt = Optional.of(wakeAt.isPresent() ? Math.min(wakeAt.get(), dueAt) : dueAt);
            } else if (wanted) {
                active.add(table.id());
                if (table.upstream().stream().noneMatch(id -> active.contains(id) && mustWaitFor(id, state))) {
                    start.add(table);
                }
            }
        }
        start.forEach(table -> started(table.id(), now));
        return new Decision(start, wakeAt, listening);
    }

    private void forgetAllBut(List<Schedulable> tables) {
        Set<Long> present = new HashSet<>();
        tables.forEach(table -> present.add(table.id()));
        states.entrySet().removeIf(entry -> !present.contains(entry.getKey()) && !entry.getValue().running);
    }

    private void started(long id, long now) {
        State state = states.computeIfAbsent(id, _ -> new State());
        state.running = true;
        state.startedAt = now;
    }

    private boolean mustWaitFor(long upstream, State reader) {
        State state = states.get(upstream);
        return state == null || state.finishedAt <= reader.startedAt || state.finishedAt == Long.MIN_VALUE;
    }

    private static long dueAt(Schedulable table, State state) {
        if (!table.populated() || state.phase.isEmpty()) {
            return Long.MIN_VALUE;
        }
        return state.phase.get() + interval(table).toMillis();
    }

    private static Duration interval(Schedulable table) {
        if (table.schedule().isEmpty()) {
            return table.full() ? DEFAULT_FULL_INTERVAL : Duration.ZERO;
        }
        return switch (Schedule.parse(table.schedule())) {
            case Schedule.Every(Duration interval) -> interval;
            case Schedule.Calculated _ -> table.full() ? DEFAULT_FULL_INTERVAL : Duration.ZERO;
        };
    }

    /// Takes note of a refresh that ended.
    public void finished(long id, Ending ending, long now) {
        State state = states.get(id);
        if (state == null) {
            return;
        }
        state.running = false;
        state.finishedAt = now;
        switch (ending) {
            case DATA -> {
                state.phase = Optional.of(state.startedAt);
                state.failures = 0;
                state.retryAt = Long.MIN_VALUE;
            }
            case NOTHING -> {
                state.failures = 0;
                state.retryAt = Long.MIN_VALUE;
            }
            case FAILED -> {
                long wait = BACKOFF.toMillis() << Math.min(state.failures, 10);
                state.failures++;
                state.retryAt = now + Math.min(wait, MAX_BACKOFF.toMillis());
            }
        }
    }

    /// Whether refreshes are under way.
    public boolean idle() {
        return states.values().stream().noneMatch(state -> state.running);
    }

    private static List<Schedulable> sourcesFirst(List<Schedulable> tables) {
        Map<Long, Schedulable> byId = new HashMap<>();
        tables.forEach(table -> byId.put(table.id(), table));
        List<Schedulable> ordered = new ArrayList<>();
        Set<Long> visited = new HashSet<>();
        tables.forEach(table -> visit(table, byId, visited, ordered));
        return ordered;
    }

    private static void visit(
            Schedulable table, Map<Long, Schedulable> byId, Set<Long> visited, List<Schedulable> ordered) {
        if (!visited.add(table.id())) {
            return;
        }
        table.upstream().stream().sorted().forEach(id -> {
            Schedulable upstream = byId.get(id);
            if (upstream != null) {
                visit(upstream, byId, visited, ordered);
            }
        });
        ordered.add(table);
    }
}
