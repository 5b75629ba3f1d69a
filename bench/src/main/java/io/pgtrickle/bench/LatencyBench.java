package io.pgtrickle.bench;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/// How long after its commit a row is in a stream table that follows changes, and at the end of a
/// chain of such ones, with the service running and nothing else going on.
final class LatencyBench {
    /// How many stream tables the chain has.
    static final int LEVELS = 5;

    private static final int WARM_UPS = 10;
    private static final int WORKERS = 2;
    private static final int IDLE_MIN_MS = 200;
    private static final int IDLE_MAX_MS = 500;

    private final Environment environment;
    private final Scale scale;

    LatencyBench(Environment environment, Scale scale) {
        this.environment = environment;
        this.scale = scale;
    }

    /// Milliseconds from the acknowledged commit to the first query that sees the row.
    ///
    /// @param near in the first stream table
    /// @param far in the last one
    record Result(Samples near, Samples far) {}

    Result run() throws SQLException {
        Progress.say("commit to visible");
        Sql.execute(
                environment.writer(), "CREATE TABLE events (id int PRIMARY KEY, v int NOT NULL)");
        List<Subject> chain = new ArrayList<>();
        try (Connection reader = environment.connect()) {
            for (int level = 1; level <= LEVELS; level++) {
                String source = level == 1 ? "events" : name(level - 1);
                chain.add(
                        Subject.create(
                                environment,
                                StreamTableDefinition.of(
                                        name(level),
                                        "SELECT id, v FROM " + source + " WHERE v >= 0")));
            }
            Result result = new Result(new Samples(), new Samples());
            Serving.with(environment, WORKERS, () -> sample(reader, result));
            chain.getLast().verify();
            return result;
        } finally {
            for (Subject subject : chain.reversed()) {
                subject.close();
            }
        }
    }

    private static String name(int level) {
        return "recent_" + level;
    }

    private void sample(Connection reader, Result result)
            throws SQLException, InterruptedException {
        SplittableRandom random = new SplittableRandom(7);
        try (PreparedStatement insert =
                        environment.writer().prepareStatement("INSERT INTO events VALUES (?, ?)");
                PreparedStatement near =
                        reader.prepareStatement("SELECT FROM " + name(1) + " WHERE id = ?");
                PreparedStatement far =
                        reader.prepareStatement("SELECT FROM " + name(LEVELS) + " WHERE id = ?")) {
            for (int id = 1; id <= WARM_UPS + scale.latencySamples(); id++) {
                Thread.sleep(random.nextInt(IDLE_MIN_MS, IDLE_MAX_MS));
                insert.setInt(1, id);
                insert.setInt(2, id);
                insert.executeUpdate();
                long committed = System.nanoTime();
                double first = untilVisible(near, id, committed);
                double last = untilVisible(far, id, committed);
                if (id > WARM_UPS) {
                    result.near().add(first);
                    result.far().add(last);
                }
            }
        }
    }

    private static double untilVisible(PreparedStatement look, int id, long committed)
            throws SQLException {
        look.setInt(1, id);
        while (Stopwatch.since(committed) < Serving.DEADLINE.toMillis()) {
            try (ResultSet rows = look.executeQuery()) {
                if (rows.next()) {
                    return Stopwatch.since(committed);
                }
            }
        }
        throw new IllegalStateException("row " + id + " did not arrive in " + Serving.DEADLINE);
    }
}
