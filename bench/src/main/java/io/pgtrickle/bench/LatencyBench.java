package io.pgtrickle.bench;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.server.Service;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.SplittableRandom;

/// How long after its commit a row is in the stream table, with the service running and nothing
/// else going on.
final class LatencyBench {
    /// The stream table's schedule.
    static final String SCHEDULE = "50ms";

    private static final int WARM_UPS = 5;
    private static final int WORKERS = 2;
    private static final Duration DEADLINE = Duration.ofSeconds(30);
    private static final int IDLE_MIN_MS = 200;
    private static final int IDLE_MAX_MS = 500;

    private final Environment environment;
    private final Scale scale;

    LatencyBench(Environment environment, Scale scale) {
        this.environment = environment;
        this.scale = scale;
    }

    /// Milliseconds from the acknowledged commit to the first query that sees the row.
    Samples run() throws SQLException {
        Progress.say("commit to visible");
        Sql.execute(
                environment.writer(), "CREATE TABLE events (id int PRIMARY KEY, v int NOT NULL)");
        StreamTableDefinition definition =
                StreamTableDefinition.of("recent", "SELECT id, v FROM events WHERE v >= 0")
                        .withSchedule(SCHEDULE);
        try (Subject subject = Subject.create(environment, definition)) {
            Samples samples = serve();
            subject.verify();
            return samples;
        }
    }

    private Samples serve() throws SQLException {
        Service.Config config = new Service.Config(environment.url(), "postgres", "", WORKERS);
        try (Service service = Service.start(config);
                Connection reader = environment.connect()) {
            if (!service.awaitLeadership(DEADLINE)) {
                throw new IllegalStateException("the service does not lead");
            }
            return samples(reader);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private Samples samples(Connection reader) throws SQLException, InterruptedException {
        Samples samples = new Samples();
        SplittableRandom random = new SplittableRandom(7);
        try (PreparedStatement insert =
                        environment.writer().prepareStatement("INSERT INTO events VALUES (?, ?)");
                PreparedStatement look =
                        reader.prepareStatement("SELECT FROM recent WHERE id = ?")) {
            for (int id = 1; id <= WARM_UPS + scale.latencySamples(); id++) {
                Thread.sleep(random.nextInt(IDLE_MIN_MS, IDLE_MAX_MS));
                insert.setInt(1, id);
                insert.setInt(2, id);
                insert.executeUpdate();
                double elapsed = untilVisible(look, id, System.nanoTime());
                if (id > WARM_UPS) {
                    samples.add(elapsed);
                }
            }
        }
        return samples;
    }

    private static double untilVisible(PreparedStatement look, int id, long committed)
            throws SQLException {
        look.setInt(1, id);
        while (Stopwatch.since(committed) < DEADLINE.toMillis()) {
            try (ResultSet rows = look.executeQuery()) {
                if (rows.next()) {
                    return Stopwatch.since(committed);
                }
            }
        }
        throw new IllegalStateException("row " + id + " did not arrive in " + DEADLINE);
    }
}
