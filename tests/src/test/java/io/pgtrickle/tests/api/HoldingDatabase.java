package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/// What the tests of gates, watermarks and fuses share: a shop, a running service, and a stream
/// table `probe` that nothing holds back, by which one knows that the service has looked.
abstract class HoldingDatabase extends ServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private int probes;

    @BeforeEach
    final void tables() {
        session.execute(
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount int)",
                "CREATE TABLE customers (id int PRIMARY KEY, name text)",
                "CREATE TABLE probes (n int)",
                "INSERT INTO orders (customer, amount) SELECT 1 + i % 2, 10 FROM generate_series(1, 4) i",
                "INSERT INTO customers VALUES (1, 'Ada'), (2, 'Bob')",
                "CREATE VIEW big AS SELECT customer, amount FROM orders WHERE amount > 1",
                create("probe", "SELECT count(*) AS n FROM probes"));
    }

    @AfterEach
    final void reset() {
        database.asSuperuser(
                "ALTER DATABASE " + database.name() + " RESET ALL",
                "DELETE FROM pgtrickle.pgt_source_gates",
                "DELETE FROM pgtrickle.pgt_watermarks",
                "DELETE FROM pgtrickle.pgt_watermark_groups",
                "DELETE FROM pgtrickle.pgt_refresh_groups");
    }

    static String create(String name, String query) {
        return "SELECT pgtrickle.create_stream_table($n$" + name + "$n$, $q$" + query + "$q$)";
    }

    final void await(String query, String value) {
        await(() -> {}, query, value);
    }

    /// Does something again and again until a query has a value.
    final void await(Runnable action, String query, String value) {
        Instant end = Instant.now().plus(PATIENCE);
        String found;
        do {
            action.run();
            session.value("SELECT pg_sleep(0.05)");
            found = session.value(query);
        } while (!found.equals(value) && Instant.now().isBefore(end));
        assertThat(found).as(query).isEqualTo(value);
    }

    /// Waits until the service has refreshed what was pending before, if nothing holds it back: it
    /// has one worker, which takes the longest waiting first.
    final void settle() {
        for (int i = 0; i < 2; i++) {
            probes++;
            session.execute("INSERT INTO probes VALUES (" + probes + ")");
            await("SELECT n FROM probe", session.value("SELECT count(*) FROM probes"));
        }
    }

    /// Requires that a stream table has the rows of a query.
    final void assertEqual(String table, String query) {
        assertThat(difference(table, query)).as(table).isEqualTo("0");
    }

    final void awaitEqual(String table, String query) {
        await(differenceOf(table, query), "0");
    }

    private String difference(String table, String query) {
        return session.value(differenceOf(table, query));
    }

    private static String differenceOf(String table, String query) {
        return "SELECT count(*) FROM ((SELECT t.* FROM (%1$s) t EXCEPT ALL %2$s) UNION ALL (%2$s EXCEPT ALL SELECT t.* FROM (%1$s) t)) d"
                .formatted(table, query);
    }

    final String skips(String name) {
        return "SELECT coalesce(string_agg(error_message, '; ' ORDER BY refresh_id), '') FROM pgtrickle.pgt_refresh_history"
                + " JOIN pgtrickle.pgt_stream_tables s USING (pgt_id) WHERE pgt_name = '"
                + name
                + "' AND action = 'SKIP' AND pgt_refresh_history.status = 'SKIPPED' AND initiated_by = 'SCHEDULER'";
    }

    /// What a statement says beside its result.
    final List<String> notices(String sql) throws SQLException {
        List<String> notices = new ArrayList<>();
        try (Statement statement = session.connection().createStatement()) {
            statement.execute(sql);
            for (SQLWarning it = statement.getWarnings(); it != null; it = it.getNextWarning()) {
                notices.add(it.getMessage());
            }
        }
        return notices;
    }

    /// What has come over a channel that a session listens on.
    static List<String> heard(Session listener) throws SQLException {
        listener.value("SELECT 1");
        PGNotification[] all = listener.connection().unwrap(PGConnection.class).getNotifications();
        List<String> heard = new ArrayList<>();
        for (PGNotification it : all == null ? new PGNotification[0] : all) {
            heard.add(it.getName() + " " + it.getParameter());
        }
        return heard;
    }
}
