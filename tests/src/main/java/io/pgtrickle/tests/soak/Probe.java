package io.pgtrickle.tests.soak;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Measures once a second how long a commit takes to be seen: in a stream table over the table that
/// was written, and at the end of a chain of five.
///
/// [#run] belongs to one thread, the rest to another.
final class Probe implements Runnable {
    private static final int LEVELS = 5;
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private final TestDatabase database;
    private final List<Double> near = new ArrayList<>();
    private final List<Double> far = new ArrayList<>();
    private volatile boolean ended;

    Probe(TestDatabase database) {
        this.database = database;
        database.execute(
                "CREATE TABLE probe (id int PRIMARY KEY, n int)",
                "INSERT INTO probe VALUES (1, 0)");
        for (int level = 1; level <= LEVELS; level++) {
            database.streamTables()
                    .create(
                            StreamTableDefinition.of(
                                            "probe_" + level,
                                            "SELECT id, n FROM probe"
                                                    + (level == 1 ? "" : "_" + (level - 1)))
                                    .withMode(RefreshMode.DIFFERENTIAL)
                                    .withSchedule("calculated"));
        }
    }

    @Override
    public void run() {
        try (Session session = database.session()) {
            for (int n = 1; !ended; n++) {
                session.execute("UPDATE probe SET n = " + n);
                long commit = System.nanoTime();
                seen(session, "probe_1", n, commit, near);
                seen(session, "probe_" + LEVELS, n, commit, far);
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void seen(Session session, String table, int n, long commit, List<Double> into)
            throws InterruptedException {
        String seen = "SELECT n = " + n + " FROM " + table;
        while (!session.value(seen).equals("t")
                && System.nanoTime() - commit < PATIENCE.toNanos()) {
            Thread.sleep(Duration.ofMillis(1));
        }
        synchronized (this) {
            into.add((System.nanoTime() - commit) / 1e6);
        }
    }

    void end() {
        ended = true;
    }

    /// What was measured since the last call.
    synchronized List<List<Double>> take() {
        List<List<Double>> taken = List.of(List.copyOf(near), List.copyOf(far));
        near.clear();
        far.clear();
        return taken;
    }
}
