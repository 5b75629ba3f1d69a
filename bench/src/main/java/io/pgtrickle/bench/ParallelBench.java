package io.pgtrickle.bench;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// How long a service takes for independent stream tables of equal cost, with one worker and with
/// several.
final class ParallelBench {
    static final int TABLES = 10;
    static final int WORKERS = 4;

    /// Changes before the one that counts.
    static final int WARM_UP = 5;

    private final Environment environment;
    private final Scale scale;

    ParallelBench(Environment environment, Scale scale) {
        this.environment = environment;
        this.scale = scale;
    }

    /// Milliseconds from the begin of the first of the refreshes to the end of the last one.
    record Result(Samples serial, Samples parallel) {
        double ratio() {
            return parallel.median() / serial.median();
        }
    }

    Result run() throws SQLException {
        Connection writer = environment.writer();
        List<Subject> subjects = new ArrayList<>();
        try {
            for (int i = 1; i <= TABLES; i++) {
                Sql.execute(
                        writer, "CREATE TABLE part_" + i + " (id int PRIMARY KEY, k int, v int)");
                Sql.execute(
                        writer,
                        "INSERT INTO part_%d SELECT i, i %% 1000, i FROM generate_series(1, %d) i"
                                .formatted(i, scale.parallelRows()));
                Sql.execute(writer, "VACUUM ANALYZE part_" + i);
                subjects.add(
                        Subject.create(
                                environment,
                                StreamTableDefinition.of(
                                                "parts_" + i,
                                                "SELECT k, count(*) AS n, sum(v) AS total FROM part_"
                                                        + i
                                                        + " GROUP BY k")
                                        .withMode(RefreshMode.DIFFERENTIAL)));
            }
            strategy("SET pg_trickle.refresh_strategy = 'differential'");
            Result result = new Result(new Samples(), new Samples());
            for (int round = 1; round <= scale.rounds(); round++) {
                Progress.say("independent stream tables, round " + round);
                Serving.with(environment, 1, () -> result.serial().add(measure()));
                Serving.with(environment, WORKERS, () -> result.parallel().add(measure()));
            }
            for (Subject subject : subjects) {
                subject.verify();
            }
            return result;
        } finally {
            strategy("RESET pg_trickle.refresh_strategy");
            for (Subject subject : subjects) {
                subject.close();
            }
        }
    }

    /// That of services that start from now on.
    private void strategy(String command) throws SQLException {
        Sql.execute(
                environment.writer(),
                "DO $$BEGIN EXECUTE format('ALTER DATABASE %I "
                        + command.replace("'", "''")
                        + "', current_database()); END$$");
    }

    /// The last change counts: at first the service compiles, and each of its connections plans
    /// what it has not refreshed before.
    private double measure() throws SQLException, InterruptedException {
        for (int i = 0; i < WARM_UP; i++) {
            once();
        }
        return once();
    }

    private double once() throws SQLException, InterruptedException {
        Connection writer = environment.writer();
        long last =
                Sql.one(
                        writer,
                        "SELECT coalesce(max(refresh_id), 0) FROM pgtrickle.pgt_refresh_history",
                        row -> row.getLong(1));
        writer.setAutoCommit(false);
        for (int i = 1; i <= TABLES; i++) {
            Sql.execute(writer, "UPDATE part_%d SET v = v + 1 WHERE id %% 10 = 0".formatted(i));
        }
        writer.commit();
        writer.setAutoCommit(true);
        long committed = System.nanoTime();
        while (Stopwatch.since(committed) < Serving.DEADLINE.toMillis()) {
            Thread.sleep(20);
            List<Double> times =
                    Sql.query(
                            writer,
                            """
                            SELECT extract(epoch FROM max(end_time) - min(start_time)) * 1000 FROM pgtrickle.pgt_refresh_history
                            WHERE refresh_id > %d AND status = 'COMPLETED' HAVING count(*) = %d
                            """
                                    .formatted(last, TABLES),
                            row -> row.getDouble(1));
            if (!times.isEmpty()) {
                return times.getFirst();
            }
        }
        throw new IllegalStateException("not all were refreshed in " + Serving.DEADLINE);
    }
}
