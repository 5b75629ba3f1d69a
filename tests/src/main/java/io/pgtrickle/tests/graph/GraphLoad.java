package io.pgtrickle.tests.graph;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.server.Service;
import io.pgtrickle.server.lease.Lease;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.lang.management.ManagementFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/// A service that looks after a random graph of stream tables while its sources are written.
public final class GraphLoad {
    private static final int WRITERS = 4;
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    private final TestDatabase database;
    private final RandomTables graph;
    private final int sources;
    private final long seed;
    private final Consumer<String> progress;

    /// Makes sources and stream tables in an empty database.
    public GraphLoad(
            TestDatabase database,
            long seed,
            int sources,
            int tables,
            int levels,
            int recomputed,
            Consumer<String> progress) {
        this.database = database;
        this.graph = new RandomTables(seed, sources, tables, levels, recomputed);
        this.sources = sources;
        this.seed = seed;
        this.progress = progress;
        database.execute(graph.sourceTables().toArray(String[]::new));
        long start = System.nanoTime();
        for (RandomTables.Table table : graph.tables()) {
            database.streamTables()
                    .create(
                            StreamTableDefinition.of(table.name(), table.query())
                                    .withMode(RefreshMode.valueOf(table.mode()))
                                    .withSchedule(
                                            table.mode().equals("IMMEDIATE")
                                                    ? "calculated"
                                                    : table.schedule()));
        }
        progress.accept(
                "%d stream tables made in %.1f s"
                        .formatted(tables, (System.nanoTime() - start) / 1e9));
    }

    /// What came of it.
    ///
    /// @param commits transactions of the writers
    /// @param refreshes that had data
    /// @param failures refreshes that failed, and stream tables not ACTIVE
    /// @param differences stream tables that are not equal to their queries
    /// @param heap megabytes in use after a collection, of each look
    /// @param settle from the last commit until nothing was pending
    /// @param idle what it takes while nothing happens
    public record Result(
            long commits,
            long refreshes,
            List<String> failures,
            List<String> differences,
            List<Long> heap,
            Duration settle,
            Idle idle) {
        public Result {
            failures = List.copyOf(failures);
            differences = List.copyOf(differences);
            heap = List.copyOf(heap);
        }
    }

    /// What a service does while nothing happens, which never is so where some are recomputed;
    /// zeros where that was not measured.
    ///
    /// @param transactions in a second
    /// @param look milliseconds of one of them, as the service sees it: the median
    public record Idle(double transactions, double look) {}

    /// What a look at the run finds.
    ///
    /// @param since the time since it began
    /// @param pending stream tables that have something to apply
    /// @param heap megabytes in use after a collection
    public record Moment(Duration since, long commits, long refreshes, int pending, long heap) {}

    /// Runs service and writers for some time, waits until everything is applied, and compares.
    ///
    /// @param pause of each writer between two transactions
    /// @param idle whether it is measured what the service does while nothing happens
    public Result run(Duration time, Duration pause, int workers, boolean idle) throws Exception {
        return run(time, pause, workers, idle, time.dividedBy(10), this::say);
    }

    private void say(Moment moment) {
        progress.accept(
                "%d commits, %d refreshes, %d pending, heap %d MB"
                        .formatted(
                                moment.commits(),
                                moment.refreshes(),
                                moment.pending(),
                                moment.heap()));
    }

    /// The same, with a look at it every now and then.
    public Result run(
            Duration time,
            Duration pause,
            int workers,
            boolean idle,
            Duration every,
            Consumer<Moment> watcher)
            throws Exception {
        AtomicLong commits = new AtomicLong();
        List<Long> heap = new ArrayList<>();
        try (Service service = Service.start(new Service.Config(database.url(), "", "", workers));
                Session session = database.session()) {
            if (!service.awaitLeadership(Duration.ofSeconds(30))) {
                throw new IllegalStateException("the service does not lead");
            }
            long created = refreshes(session);
            long begin = System.nanoTime();
            long end = begin + time.toNanos();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<?>> running = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    Random random = new Random(seed * 1000 + i);
                    running.add(threads.submit(() -> write(random, end, pause, commits)));
                }
                while (System.nanoTime() < end) {
                    Thread.sleep(every);
                    heap.add(heap());
                    watcher.accept(
                            new Moment(
                                    Duration.ofNanos(System.nanoTime() - begin),
                                    commits.get(),
                                    refreshes(session) - created,
                                    pending(session),
                                    heap.getLast()));
                }
                for (Future<?> thread : running) {
                    thread.get();
                }
            }
            Duration settle = settle(session);
            progress.accept("settled after %.1f s".formatted(settle.toMillis() / 1e3));
            List<String> failures = failures(session);
            List<String> differences = differences(session);
            return new Result(
                    commits.get(),
                    refreshes(session) - created,
                    failures,
                    differences,
                    heap,
                    settle,
                    idle ? idle(session) : new Idle(0, 0));
        }
    }

    private boolean write(Random random, long end, Duration pause, AtomicLong commits)
            throws InterruptedException {
        try (Session session = database.session()) {
            while (System.nanoTime() < end) {
                int statements = 1 + random.nextInt(3);
                List<String> transaction = new ArrayList<>();
                transaction.add("BEGIN");
                for (int i = 0; i < statements; i++) {
                    transaction.add(RandomTables.change(random, sources));
                }
                transaction.add(random.nextInt(10) == 0 ? "ROLLBACK" : "COMMIT");
                try {
                    session.execute(transaction.toArray(String[]::new));
                    commits.incrementAndGet();
                } catch (IllegalStateException deadlock) {
                    if (!(deadlock.getCause() instanceof SQLException e)
                            || !"40P01".equals(e.getSQLState())) {
                        throw deadlock;
                    }
                    session.execute("ROLLBACK");
                }
                Thread.sleep(pause);
            }
        }
        return true;
    }

    private static long heap() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20;
    }

    /// All that there have been, also those that the history does not contain any more.
    private static long refreshes(Session session) {
        return Long.parseLong(
                session.value(
                        "SELECT coalesce(max(refresh_id), 0) FROM pgtrickle.pgt_refresh_history"));
    }

    private static int pending(Session session) {
        return session.query("SELECT pgt_id FROM pgtrickle.pending_changes()").size();
    }

    /// Until nothing is pending, and what is recomputed has been since.
    private Duration settle(Session session) throws InterruptedException {
        String last = session.value("SELECT clock_timestamp()");
        long start = System.nanoTime();
        while (pending(session) > 0
                || !session.value(
                                "SELECT count(*) FROM pgtrickle.pgt_stream_tables WHERE refresh_mode = 'FULL' AND data_timestamp < '"
                                        + last
                                        + "'")
                        .equals("0")) {
            if (System.nanoTime() - start > PATIENCE.toNanos()) {
                break;
            }
            Thread.sleep(200);
        }
        Duration settled = Duration.ofNanos(System.nanoTime() - start);
        if (graph.tables().stream().anyMatch(it -> it.mode().equals("FULL"))) {
            // One more round of what reads them.
            Thread.sleep(10_000);
        }
        return settled;
    }

    private Idle idle(Session session) throws InterruptedException, SQLException {
        String counter =
                "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        // PostgreSQL still analyzes what was written, and there are alerts about what is not any
        // more.
        Thread.sleep(90_000);
        long before = Long.parseLong(session.value(counter));
        Thread.sleep(30_000);
        double transactions = (Long.parseLong(session.value(counter)) - before) / 30.0;
        try (Connection connection = database.dataSource().getConnection()) {
            SchedulerView view = new SchedulerView();
            List<Double> looks = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                long start = System.nanoTime();
                view.look(JdbcSession.of(connection), true, Lease.LEADS);
                looks.add((System.nanoTime() - start) / 1e6);
            }
            return new Idle(transactions, looks.stream().sorted().toList().get(100));
        }
    }

    private static List<String> failures(Session session) {
        List<String> failures = new ArrayList<>();
        session.query(
                        "SELECT pgt_name, status, last_error_message FROM pgtrickle.pgt_stream_tables WHERE status <> 'ACTIVE'")
                .forEach(row -> failures.add(row.toString()));
        session.query(
                        "SELECT s.pgt_name, h.error_sqlstate, h.error_message, count(*) FROM pgtrickle.pgt_refresh_history h"
                                + " JOIN pgtrickle.pgt_stream_tables s USING (pgt_id) WHERE h.status = 'FAILED' GROUP BY 1, 2, 3")
                .forEach(row -> failures.add(row.toString()));
        return failures;
    }

    /// All in one snapshot.
    private List<String> differences(Session session) {
        List<String> differences = new ArrayList<>();
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
        for (RandomTables.Table table : graph.tables()) {
            int count = Differences.count(session, table.name(), table.query());
            if (count > 0) {
                differences.add(table + ": " + count + " rows differ");
            }
        }
        session.execute("COMMIT");
        return differences;
    }
}
