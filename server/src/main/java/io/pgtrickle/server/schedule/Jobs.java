package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.refresh.Job;
import io.pgtrickle.runtime.refresh.Job.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/*
 * A refresh of one row takes a few milliseconds, so nothing is written for it while it waits and runs. What ends is
 * gathered, and a second after the first of it one statement writes it all, with what runs at that moment and what has
 * waited for half a second or more. When nothing happens, there is nothing to write.
 */

/// The refreshes that are wanted, run or have ended, and which of them the database is still to be
/// told of.
///
/// No clock and no database. One thread.
final class Jobs {
    /// How late the database knows.
    static final Duration LATE = Duration.ofSeconds(1);

    /// How long one has to wait for a worker to be worth being told of.
    static final Duration WORTH = Duration.ofMillis(500);

    /// What is gathered at most; the rest is lost.
    static final int MOST = 10_000;

    /// One that has not ended.
    ///
    /// @param shown whether the database knows how it stands
    private record Open(
            long number,
            long graph,
            Ticket ticket,
            Optional<Long> id,
            Optional<Instant> started,
            Optional<Integer> worker,
            boolean shown) {
        private Open begun(Ticket newest, Instant now) {
            return new Open(number, graph, newest, id, Optional.of(now), worker, false);
        }

        private Open by(int process) {
            return new Open(number, graph, ticket, id, started, Optional.of(process), shown);
        }

        private Open shownAs(long row) {
            return new Open(number, graph, ticket, Optional.of(row), started, worker, true);
        }

        private Job job(Optional<Instant> finished, Job.Outcome outcome) {
            List<Long> members = ticket.members().stream().sorted().toList();
            return new Job(
                    number,
                    id,
                    graph,
                    new Job.Unit(
                            ticket.kind().name().toLowerCase(Locale.ROOT),
                            key(ticket.kind(), members),
                            members,
                            members.getFirst()),
                    ticket.attempt(),
                    worker,
                    new Job.Times(ticket.since(), started, finished),
                    outcome);
        }

        private Job job() {
            return job(
                    Optional.empty(),
                    new Job.Outcome(
                            started.isPresent() ? Status.RUNNING : Status.QUEUED,
                            Optional.empty()));
        }
    }

    /// By the id of the unit.
    private final Map<Long, Open> open = new HashMap<>();

    private final List<Job> ended = new ArrayList<>();
    private Set<String> units = Set.of();
    private long graph;
    private long numbers;
    private Instant next = Instant.MAX;

    /// @param graph what the next graph is called
    void begin(long graph) {
        this.graph = graph - 1;
    }

    /// Takes the units that there are.
    void load(Collection<Entry> entries) {
        Set<String> keys =
                entries.stream()
                        .map(it -> key(it.rank().kind(), it.members().stream().sorted().toList()))
                        .collect(Collectors.toSet());
        if (!keys.equals(units)) {
            units = keys;
            graph++;
        }
    }

    private static String key(UnitKind kind, List<Long> members) {
        return kind.prefix()
                + ":"
                + members.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /// Notes that some wait.
    void waiting(Instant now) {
        soon(now);
    }

    /// A refresh begins.
    void begun(Ticket ticket, Instant now) {
        open.put(ticket.id(), of(ticket).begun(ticket, now));
        soon(now);
    }

    private Open of(Ticket ticket) {
        Open known = open.get(ticket.id());
        return known != null
                ? known
                : new Open(
                        ++numbers,
                        graph,
                        ticket,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        false);
    }

    /// The refresh of a unit is that of a session with this process.
    void worker(long id, int process) {
        open.computeIfPresent(id, (_, it) -> it.by(process));
    }

    /// The refresh of a unit has ended.
    void ended(long id, Instant now, Result result) {
        Open last = open.remove(id);
        if (last != null) {
            end(last, now, outcome(result));
        }
    }

    private void end(Open last, Instant now, Job.Outcome outcome) {
        if (ended.size() < MOST) {
            ended.add(last.job(Optional.of(now), outcome));
        }
        soon(now);
    }

    private static Job.Outcome outcome(Result result) {
        return switch (result) {
            case Result.Refreshed _ -> new Job.Outcome(Status.SUCCEEDED, Optional.empty());
            case Result.Nothing _ ->
                    new Job.Outcome(Status.SUCCEEDED, Optional.of("nothing to apply"));
            case Result.Busy _ ->
                    new Job.Outcome(
                            Status.CANCELLED, Optional.of("another session is refreshing it"));
            case Result.Held _ ->
                    new Job.Outcome(
                            Status.CANCELLED, Optional.of("held by a gate, watermark or fuse"));
            case Result.Failed(String sqlState, String message) ->
                    new Job.Outcome(
                            Errors.isDefinitionError(sqlState)
                                    ? Status.PERMANENT_FAILED
                                    : Status.RETRYABLE_FAILED,
                            Optional.of(message + " (SQLSTATE " + sqlState + ")"));
        };
    }

    private void soon(Instant now) {
        Instant latest = now.plus(LATE);
        next = next.isBefore(latest) ? next : latest;
    }

    /// When to write; MAX for never.
    Instant next() {
        return next;
    }

    /// Takes what is to be written now.
    ///
    /// @param waiting what has waited long enough to be worth it
    List<Job> take(Instant now, List<Ticket> waiting) {
        next = Instant.MAX;
        Set<Long> wanted = new HashSet<>();
        for (Ticket ticket : waiting) {
            wanted.add(ticket.id());
            open.put(ticket.id(), of(ticket));
        }
        List<Open> left =
                open.values().stream()
                        .filter(it -> it.started().isEmpty() && !wanted.contains(it.ticket().id()))
                        .toList();
        for (Open it : left) {
            open.remove(it.ticket().id());
            end(it, now, new Job.Outcome(Status.CANCELLED, Optional.of("not needed any more")));
        }
        next = Instant.MAX;
        List<Job> jobs = new ArrayList<>(ended);
        ended.clear();
        open.values().stream().filter(it -> !it.shown()).map(Open::job).forEach(jobs::add);
        return jobs;
    }

    /// Notes that all that was taken has been written.
    ///
    /// @param ids of those that have not ended, by their numbers
    void written(Map<Long, Long> ids) {
        open.replaceAll((_, it) -> {
            Long id = ids.get(it.number());
            return id == null ? it : it.shownAs(id);
        });
    }
}
