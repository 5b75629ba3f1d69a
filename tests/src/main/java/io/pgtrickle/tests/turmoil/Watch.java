package io.pgtrickle.tests.turmoil;

import io.pgtrickle.runtime.api.Schedule;
import io.pgtrickle.tests.graph.Differences;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What must hold all the time, whatever fails. Each method belongs to one thread.
final class Watch {
    /// How long a stream table that nothing keeps from it may have changes without being refreshed,
    /// while the service refreshes others so often: on a busy machine all are slow. Behind a
    /// trouble that has ended, a retry may be eight seconds away.
    private static final Duration SOON = Duration.ofSeconds(15);

    private static final int OTHERS = 150;

    /// How long it may be in any case.
    private static final Duration LONG = Duration.ofMinutes(2);

    private final TurmoilGraph graph;
    private final Struck struck;
    private final Findings findings;

    /// Since when each has waited, by the last refresh that was seen.
    private final Map<String, Waiting> waiting = new HashMap<>();

    private record Waiting(String lastRefresh, long since, long refreshes) {}

    Watch(TurmoilGraph graph, Struck struck, Findings findings) {
        this.graph = graph;
        this.struck = struck;
        this.findings = findings;
    }

    /// A reader of several stream tables that are refreshed together, at one snapshot: those that
    /// read nothing but members are always what their queries make of these.
    ///
    /// @return how many comparisons that were
    int groups(Session session) {
        int compared = 0;
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        String ledgers =
                session.value(
                        "SELECT coalesce(a.total, 0) + coalesce(b.total, 0) || ' ' || a.n - b.n FROM sum_a a, sum_b b");
        if (!ledgers.equals("0 0")) {
            findings.wrong("half of a declared group was seen: " + ledgers);
        }
        Set<String> unwell = new HashSet<>();
        session.query(
                        "SELECT pgt_name FROM pgtrickle.pgt_stream_tables WHERE status <> 'ACTIVE' OR needs_reinit")
                .forEach(row -> unwell.add(row.getFirst()));
        for (Set<String> unit : graph.units()) {
            if (unit.stream().anyMatch(it -> unwell.contains(it) || struck.mayStop(it))) {
                continue;
            }
            for (String name : unit) {
                TurmoilGraph.Table table = graph.table(name);
                if (unit.containsAll(table.reads())) {
                    compared++;
                    int count = Differences.count(session, name, table.query());
                    if (count > 0) {
                        findings.wrong(
                                "half of a group was seen: "
                                        + count
                                        + " rows of "
                                        + name
                                        + " are not those of its group "
                                        + unit);
                    }
                }
            }
        }
        session.execute("COMMIT");
        return compared;
    }

    /// Those that are not struck are ACTIVE, and refreshed soon when they have changes.
    void progress(Session session, long now) {
        long refreshes =
                Long.parseLong(
                        session.value(
                                "SELECT coalesce(max(refresh_id), 0) FROM pgtrickle.pgt_refresh_history"));
        Set<String> pending = new HashSet<>();
        session.query(
                        "SELECT s.pgt_name FROM pgtrickle.pending_changes() p JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)")
                .forEach(row -> pending.add(row.getFirst()));
        for (List<String> row :
                session.query(
                        "SELECT pgt_name, status, last_refresh_at, coalesce(schedule, 'calculated'), last_error_message"
                                + " FROM pgtrickle.pgt_stream_tables WHERE refresh_mode <> 'IMMEDIATE'")) {
            String name = row.getFirst();
            if (!row.get(1).equals("ACTIVE") && !struck.mayStop(name)) {
                findings.wrong(name + " is " + row.get(1) + ": " + row.get(4));
            }
            Waiting before = waiting.get(name);
            if (!pending.contains(name) || struck.mayBeLate(name)) {
                waiting.remove(name);
            } else if (before == null || !before.lastRefresh().equals(row.get(2))) {
                waiting.put(name, new Waiting(row.get(2), now, refreshes));
            } else if (isTooLong(before, now, refreshes, period(row.get(3)))) {
                findings.wrong(
                        "%s waits since %s, while nothing keeps it from being refreshed and there were %d others; its schedule is %s"
                                .formatted(
                                        name,
                                        row.get(2),
                                        refreshes - before.refreshes(),
                                        row.get(3)));
                waiting.remove(name);
            }
        }
    }

    private static boolean isTooLong(Waiting waiting, long now, long refreshes, Duration period) {
        long waited = now - waiting.since() - period.toNanos();
        return waited > LONG.toNanos()
                || (waited > SOON.toNanos() && refreshes - waiting.refreshes() > OTHERS);
    }

    private static Duration period(String schedule) {
        return Schedule.parse(schedule) instanceof Schedule.Every(Duration every)
                ? every
                : Duration.ZERO;
    }
}
