package io.pgtrickle.tests.turmoil;

import io.pgtrickle.server.Service;
import io.pgtrickle.tests.graph.Differences;
import io.pgtrickle.tests.graph.RandomTables;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A service looks after a random graph of stream tables while their sources are written and, at
/// random, things fail and are put right again. All the time it is watched that groups are never
/// seen half refreshed, that what is held back stays as it is, that all others go on, and that each
/// has the status that it must have; in the end every stream table equals its query.
public final class Turmoil {
    private static final int WRITERS = 2;
    private static final int TROUBLES = 2;
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /// What others meet: a lock is held too long, a deadlock, the dropped table.
    private static final Set<String> EXPECTED = Set.of("55P03", "40P01", "42P01");

    private final TestDatabase database;
    private final TurmoilGraph graph;
    private final long seed;
    private final Struck struck = new Struck();
    private final Findings findings;
    private final AtomicBoolean over = new AtomicBoolean();
    private final AtomicBoolean quiet = new AtomicBoolean();
    private final AtomicInteger commits = new AtomicInteger();
    private final AtomicInteger troubles = new AtomicInteger();
    private final AtomicInteger comparisons = new AtomicInteger();

    /// Makes the graph in an empty database of a superuser.
    ///
    /// @param tables how many stream tables, beside those that troubles are made for
    public Turmoil(TestDatabase database, long seed, int tables, Consumer<String> progress) {
        this.database = database;
        this.seed = seed;
        this.findings = new Findings(progress);
        this.graph = new TurmoilGraph(database, seed, tables);
        findings.say("seed %d: refreshed together: %s".formatted(seed, graph.units()));
    }

    /// What came of it.
    ///
    /// @param wrong what should not be; empty when all is well
    /// @param commits transactions of the writers
    /// @param troubles that were made and put right
    /// @param comparisons of members of groups, each at one snapshot
    public record Result(List<String> wrong, int commits, int troubles, int comparisons) {
        public Result {
            wrong = List.copyOf(wrong);
        }
    }

    /// Lets things fail for some time, and waits for the end of the last trouble.
    ///
    /// @param only a part of the names of the troubles that are made; empty for all
    public Result run(Duration time, int workers, String only) throws Exception {
        String url = database.url() + "&options=-c%20statement_timeout=2s";
        try (Service service = Service.start(new Service.Config(url, "", "", workers));
                Session session = database.session();
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            if (!service.awaitLeadership(Duration.ofSeconds(30))) {
                throw new IllegalStateException("the service does not lead");
            }
            List<Future<?>> writers = new ArrayList<>();
            List<Future<?>> makers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                Random random = new Random(seed * 1000 + i);
                writers.add(threads.submit(() -> write(random)));
            }
            Watch watch = new Watch(graph, struck, findings);
            writers.add(threads.submit(watching(it -> comparisons.addAndGet(watch.groups(it)))));
            writers.add(threads.submit(watching(it -> watch.progress(it, System.nanoTime()))));
            Random random = new Random(seed);
            BlockingQueue<Trouble> free =
                    new LinkedBlockingQueue<>(
                            Troubles.all(database, graph, random).stream()
                                    .filter(it -> it.name().contains(only))
                                    .toList());
            for (int i = 0; i < TROUBLES; i++) {
                Random own = new Random(random.nextLong());
                makers.add(threads.submit(() -> make(free, own)));
            }
            Thread.sleep(time);
            over.set(true);
            try {
                for (Future<?> maker : makers) {
                    maker.get();
                }
            } finally {
                quiet.set(true);
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
            end(session);
        } finally {
            quiet.set(true);
            graph.dismiss(database);
        }
        return new Result(findings.all(), commits.get(), troubles.get(), comparisons.get());
    }

    private Callable<Boolean> watching(Consumer<Session> look) {
        return () -> {
            try (Session session = database.session()) {
                while (!quiet.get()) {
                    try {
                        look.accept(session);
                    } catch (IllegalStateException e) {
                        // A buffer that it was about to read has been dropped with its source.
                        if (!isExpected(e)) {
                            throw e;
                        }
                    }
                    Thread.sleep(20);
                }
            }
            return true;
        };
    }

    private boolean write(Random random) throws InterruptedException {
        try (Session session = database.session()) {
            session.execute("SET lock_timeout = '200ms'");
            while (!quiet.get()) {
                try {
                    session.execute(transaction(random).toArray(String[]::new));
                    commits.incrementAndGet();
                } catch (IllegalStateException e) {
                    session.execute("ROLLBACK");
                    if (!isExpected(e)) {
                        findings.wrong("a writer failed: " + e.getMessage());
                    }
                }
                Thread.sleep(5);
            }
        }
        return true;
    }

    private static boolean isExpected(IllegalStateException error) {
        return error.getCause() instanceof SQLException cause
                && EXPECTED.contains(cause.getSQLState());
    }

    private static List<String> transaction(Random random) {
        List<String> transaction = new ArrayList<>();
        transaction.add("BEGIN");
        transaction.add(RandomTables.change(random, TurmoilGraph.SOURCES));
        int amount = 1 + random.nextInt(9);
        int key = random.nextInt(20);
        switch (random.nextInt(8)) {
            case 0 -> {
                transaction.add("INSERT INTO ledger_a (amount) VALUES (" + amount + ")");
                transaction.add("INSERT INTO ledger_b (amount) VALUES (-" + amount + ")");
            }
            case 1 -> {
                transaction.add("INSERT INTO mark_a VALUES (" + key + ", " + amount + ")");
                transaction.add("DELETE FROM mark_a WHERE k = " + random.nextInt(20));
            }
            case 2 -> {
                transaction.add("INSERT INTO mark_b VALUES (" + key + ", " + amount + ")");
                transaction.add("DELETE FROM mark_b WHERE k = " + random.nextInt(20));
            }
            case 3 -> transaction.add("UPDATE doomed SET v = v + 1 WHERE k = " + key);
            default ->
                    transaction.add(
                            "UPDATE source_%d SET v = v + 1 WHERE k = %d"
                                    .formatted(1 + random.nextInt(TurmoilGraph.SOURCES), key));
        }
        transaction.add(random.nextInt(10) == 0 ? "ROLLBACK" : "COMMIT");
        return transaction;
    }

    private boolean make(BlockingQueue<Trouble> free, Random random) throws InterruptedException {
        try (Session session = database.session()) {
            while (!over.get()) {
                List<Trouble> choice = new ArrayList<>(free);
                if (choice.isEmpty()) {
                    Thread.sleep(10);
                    continue;
                }
                Trouble trouble = choice.get(random.nextInt(choice.size()));
                if (free.remove(trouble)) {
                    make(trouble, session, random);
                    free.add(trouble);
                    troubles.incrementAndGet();
                }
            }
        }
        return true;
    }

    private void make(Trouble trouble, Session session, Random random) throws InterruptedException {
        Set<String> strikes = trouble.strikes();
        Set<String> late = graph.together(strikes);
        struck.begin(trouble, late);
        long start = System.nanoTime();
        trouble.strike(session);
        if (trouble.comes().isPresent()) {
            await(session, trouble.comes().get(), trouble.name());
        }
        long came = System.nanoTime();
        hold(trouble, session, random.nextLong(trouble.lasts().toNanos() + 1));
        String healed = session.value("SELECT clock_timestamp()");
        trouble.heal(session);
        long mended = System.nanoTime();
        for (String name : strikes) {
            await(
                    session,
                    """
                    SELECT status = 'ACTIVE' AND consecutive_errors = 0 AND NOT needs_reinit
                        AND last_refresh_at > '%s' FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '%s'
                    """
                            .formatted(healed, name),
                    name + " after " + trouble.name());
        }
        struck.end(trouble, late);
        findings.say(
                "%s: came after %d ms, lasted %d ms, was over after %d ms"
                        .formatted(
                                trouble.name(),
                                (came - start) / 1_000_000,
                                (mended - came) / 1_000_000,
                                (System.nanoTime() - mended) / 1_000_000));
    }

    /// What a running refresh has read before cannot be kept from being applied.
    private void hold(Trouble trouble, Session session, long nanos) throws InterruptedException {
        long end = System.nanoTime() + nanos;
        if (trouble.stays().isEmpty()) {
            Thread.sleep(Duration.ofNanos(nanos));
            return;
        }
        await(
                session,
                """
                SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name = 'pg_trickle' AND backend_xmin::text::bigint <= %s)
                """
                        .formatted(
                                session.value(
                                        "SELECT pg_current_xact_id()::text::bigint % (1::bigint << 32)")),
                "the refreshes that have begun before");
        String since = session.value("SELECT clock_timestamp()");
        String before = session.value(trouble.stays().get());
        do {
            Thread.sleep(50);
            String after = session.value(trouble.stays().get());
            if (!after.equals(before)) {
                findings.wrong(
                        "refreshed while there was %s, since %s: %s, then %s; %s"
                                .formatted(
                                        trouble.name(),
                                        since,
                                        before,
                                        after,
                                        refreshes(session, trouble.strikes(), since)));
                return;
            }
        } while (System.nanoTime() < end);
    }

    private List<List<String>> refreshes(Session session, Set<String> names, String since) {
        return session.query(
                """
                SELECT s.pgt_name, h.start_time, h.end_time, h.action, h.status, h.initiated_by
                FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)
                WHERE h.end_time > '%s'::timestamptz - interval '1 s' AND s.pgt_name IN ('%s') ORDER BY h.refresh_id
                """
                        .formatted(since, String.join("', '", graph.together(names))));
    }

    private void await(Session session, String condition, String what) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!"t".equals(session.value(condition))) {
            if (System.nanoTime() > end) {
                findings.wrong("not within %s: %s".formatted(PATIENCE, what));
                return;
            }
            Thread.sleep(30);
        }
    }

    /// Everything is put right: what is pending is applied, and nothing is wrong any more.
    private void end(Session session) throws InterruptedException {
        String last = session.value("SELECT clock_timestamp()");
        await(
                session,
                "SELECT count(*) = 0 FROM pgtrickle.pgt_stream_tables WHERE refresh_mode = 'FULL' AND data_timestamp < '"
                        + last
                        + "'",
                "everything is recomputed");
        String recomputed = session.value("SELECT clock_timestamp()");
        await(
                session,
                "SELECT NOT EXISTS (SELECT FROM pgtrickle.pending_changes()) AND count(*) = 0"
                        + " FROM pgtrickle.pgt_stream_tables WHERE refresh_mode = 'FULL' AND data_timestamp < '"
                        + recomputed
                        + "'",
                "everything is applied");
        session.query(
                        "SELECT pgt_name, status, last_error_message FROM pgtrickle.pgt_stream_tables"
                                + " WHERE status <> 'ACTIVE' OR consecutive_errors > 0")
                .forEach(row -> findings.wrong("in the end: " + row));
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
        for (TurmoilGraph.Table table : graph.tables()) {
            int rows = Differences.count(session, table.name(), table.query());
            if (rows > 0) {
                findings.wrong(
                        rows + " rows of " + table.name() + " are not those of " + table.query());
            }
        }
        session.execute("COMMIT");
    }
}
