package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.tests.immediate.ImmediateLoad;
import io.pgtrickle.tests.immediate.Level;
import io.pgtrickle.tests.immediate.LoadTables;
import io.pgtrickle.tests.immediate.LoadTally;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Concurrent writers of what stream tables follow at once.
final class ImmediateConcurrencyTest extends DatabaseTest {
    private static final int WRITERS = 16;
    private static final int SEED = 1;
    private static final String BY_REGION =
            "SELECT c.region, count(*) AS n, sum(o.amount) AS total FROM orders o JOIN customers c ON c.id = o.customer"
                    + " GROUP BY c.region";
    private static final String OVER_TOTALS =
            "SELECT t.customer, t.total, o.id FROM totals t JOIN orders o ON o.customer = t.customer WHERE o.kind = 1";
    private static final Duration TIME = Duration.ofSeconds(3);

    @ParameterizedTest
    @EnumSource
    void noWriterMakesARowWrong(Level level) throws Exception {
        assertRight(LoadTables.GRAPH, level);
    }

    @ParameterizedTest
    @EnumSource
    void noWriterMakesARowOfAGroupingWrong(Level level) throws Exception {
        assertRight(LoadTables.GROUPS, level);
        assertThat(
                        database.value(
                                "SELECT direct FROM pgtrickle.captured_sources WHERE source_relid = 'orders'::regclass"))
                .isEqualTo("t");
    }

    private void assertRight(LoadTables kind, Level level) throws Exception {
        database.execute("ALTER DATABASE " + database.name() + " SET deadlock_timeout = '20ms'");
        LoadTally tally = new ImmediateLoad(database, kind, WRITERS, SEED).run(level, TIME);
        System.out.println(tally);
        assertThat(tally.failures()).isEmpty();
        assertThat(tally.commits()).isGreaterThan(20);
        assertThat(tally.comparisons()).isPositive();
    }

    @Test
    void writersThatTakeNoTurnsAreFoundOut() throws Exception {
        ImmediateLoad load = new ImmediateLoad(database, LoadTables.GRAPH, WRITERS, 1);
        database.execute(
                "ALTER DATABASE " + database.name() + " SET deadlock_timeout = '20ms'",
                "CREATE OR REPLACE FUNCTION pgtrickle_changes.take_turns(readers bigint[]) RETURNS boolean LANGUAGE plpgsql"
                        + " AS 'BEGIN RETURN true; END'");
        assertThat(load.run(Level.READ_COMMITTED, TIME.plus(TIME)).failures()).isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void streamTablesComeChangeAndGoUnderWriters(Level level) throws Exception {
        ImmediateLoad load = new ImmediateLoad(database, LoadTables.GRAPH, WRITERS, SEED);
        AtomicInteger rounds = new AtomicInteger();
        LoadTally tally =
                load.run(
                        level,
                        TIME.plus(TIME),
                        () -> {
                            comeChangeAndGo("extra", BY_REGION);
                            comeChangeAndGo("over", OVER_TOTALS);
                            rounds.incrementAndGet();
                        });
        System.out.println(tally + ", " + rounds + " rounds");
        assertThat(tally.failures()).isEmpty();
        assertThat(tally.commits()).isGreaterThan(10);
    }

    private void comeChangeAndGo(String name, String query) {
        again(() ->
                tables.create(
                        StreamTableDefinition.of(name, query).withMode(RefreshMode.IMMEDIATE)));
        assertFresh(name, query);
        again(() -> tables.refresh(name));
        assertFresh(name, query);
        again(() -> tables.alter(name, Alteration.none().withMode(RefreshMode.DIFFERENTIAL)));
        again(() -> tables.refresh(name));
        again(() -> tables.alter(name, Alteration.none().withMode(RefreshMode.IMMEDIATE)));
        assertFresh(name, query);
        again(() -> tables.drop(name, DropBehavior.RESTRICT));
    }

    /// What is tried again when writers are in the way.
    private static void again(Runnable call) {
        for (int attempt = 1; ; attempt++) {
            try {
                call.run();
                return;
            } catch (PgTrickleException e) {
                if (attempt == 50 || !List.of("40001", "40P01", "55P03").contains(e.sqlState())) {
                    throw e;
                }
            }
        }
    }

    @Test
    void manyAreMadeAtTheSameTime() throws Exception {
        database.execute(
                "CREATE TABLE a (id int PRIMARY KEY, k int)",
                "CREATE TABLE b (id int PRIMARY KEY, k int)",
                "CREATE TABLE c (id int PRIMARY KEY, k int)");
        List<String> queries =
                List.of(
                        "SELECT k, count(*) AS n FROM a GROUP BY k",
                        "SELECT a.id, b.k FROM a JOIN b ON a.k = b.k",
                        "SELECT b.id, c.k FROM b JOIN c ON c.k = b.k",
                        "SELECT DISTINCT k FROM c");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                String name = "s" + i;
                String query = queries.get(i % 4);
                running.add(
                        threads.submit(() -> {
                            again(() ->
                                    tables.create(
                                            StreamTableDefinition.of(name, query)
                                                    .withMode(RefreshMode.IMMEDIATE)));
                            if (name.length() > 2) {
                                again(() -> tables.drop(name, DropBehavior.RESTRICT));
                            }
                        }));
            }
            for (Future<?> thread : running) {
                thread.get();
            }
        }
        database.execute(
                "INSERT INTO a SELECT i, i % 3 FROM generate_series(1, 10) i",
                "INSERT INTO b SELECT i, i % 4 FROM generate_series(1, 10) i",
                "INSERT INTO c SELECT i, i % 5 FROM generate_series(1, 10) i",
                "DELETE FROM b WHERE id = 3");
        for (int i = 0; i < 10; i++) {
            assertFresh("s" + i, queries.get(i % 4));
        }
    }
}
