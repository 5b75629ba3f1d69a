package io.pgtrickle.tests.support;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.SQLExceptionOverride;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Comparison;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Examples of the support matrix, side by side: all are created, and in each round the tables
/// change, all are refreshed, and all are compared with their queries.
public final class SupportRun {
    private static final int WORKERS = 2;

    private final SupportPage page;
    private final List<Rounds.Round> rounds;

    private SupportRun(SupportPage page, List<Rounds.Round> rounds) {
        this.page = page;
        this.rounds = rounds;
    }

    /// A run of examples of a page through the rounds that are written down.
    public static SupportRun of(SupportPage page) {
        return new SupportRun(page, Rounds.read());
    }

    /// A run of examples of a page through random rounds.
    public static SupportRun random(SupportPage page, long seed, int rounds) {
        return new SupportRun(page, Rounds.random(seed, rounds));
    }

    /// Runs examples, in as many databases as there are workers.
    ///
    /// @return the verdict of each, in the order of `examples`
    public Map<Example, Verdict> run(List<Example> examples) {
        int size = Math.max(1, (examples.size() + WORKERS - 1) / WORKERS);
        Map<Example, Verdict> verdicts = new LinkedHashMap<>();
        try (ExecutorService workers = Executors.newFixedThreadPool(WORKERS)) {
            List<Future<Map<Example, Verdict>>> parts = new ArrayList<>();
            for (int from = 0; from < examples.size(); from += size) {
                List<Example> part = examples.subList(from, Math.min(from + size, examples.size()));
                parts.add(workers.submit(() -> runInOneDatabase(part)));
            }
            for (Future<Map<Example, Verdict>> part : parts) {
                verdicts.putAll(part.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return verdicts;
    }

    private Map<Example, Verdict> runInOneDatabase(List<Example> examples) {
        try (TestDatabase database = TestServer.shared().database();
                HikariDataSource pool = pool(database)) {
            StreamTables tables = StreamTables.on(pool);
            page.schema().forEach(database::execute);
            page.upstream()
                    .forEach((name, query) ->
                            tables.create(
                                    StreamTableDefinition.of(name, query)
                                            .withMode(RefreshMode.DIFFERENTIAL)));
            int version = version(database);
            List<ExampleRun> runs =
                    examples.stream().map(it -> new ExampleRun(it, tables, pool)).toList();
            runs.forEach(run -> run.create(version));
            for (Rounds.Round round : rounds) {
                round.transactions().forEach(database::execute);
                page.upstream().keySet().forEach(tables::refresh);
                runs.forEach(run -> run.check(round));
            }
            checkUpstream(pool);
            Map<Example, Verdict> verdicts = new LinkedHashMap<>();
            for (ExampleRun run : runs) {
                run.end();
                verdicts.put(run.example(), run.verdict());
            }
            return verdicts;
        }
    }

    /// The major version of the server.
    static int version(TestDatabase database) {
        return Integer.parseInt(database.value("SELECT current_setting('server_version_num')"))
                / 10_000;
    }

    private void checkUpstream(HikariDataSource pool) {
        try (Connection connection = pool.getConnection()) {
            for (Map.Entry<String, String> each : page.upstream().entrySet()) {
                Comparison.of(connection, each.getKey(), each.getValue(), List.of())
                        .difference(connection)
                        .ifPresent(difference -> {
                            throw new IllegalStateException(each.getKey() + ":\n" + difference);
                        });
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static HikariDataSource pool(TestDatabase database) {
        HikariConfig config = new HikariConfig();
        config.setDataSource(database.dataSource());
        config.setMaximumPoolSize(1);
        config.setConnectionInitSql("SET statement_timeout = '20s'; SET lock_timeout = '10s'");
        config.setExceptionOverride(
                new SQLExceptionOverride() {
                    @java.lang.Override
                    public Override adjudicate(SQLException e) {
                        // A construct that PostgreSQL does not support leaves the connection whole.
                        return Override.DO_NOT_EVICT;
                    }
                });
        return new HikariDataSource(config);
    }
}
