package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// Calls of the SQL API happen in the caller's transaction: they see what it did, are undone with
/// it, and leave its session as it was.
final class SqlCallsTest extends ServiceTest {
    private static final String TOTALS =
            "SELECT pgtrickle.create_stream_table('totals', 'SELECT customer, sum(amount) AS total FROM orders"
                    + " GROUP BY customer', schedule => '1h')";
    private static final String REFRESH = "SELECT pgtrickle.refresh_stream_table('totals')";

    @BeforeEach
    void tables() {
        session.execute(
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount numeric)",
                "INSERT INTO orders (customer, amount) VALUES (1, 10), (1, 20), (2, 5)");
    }

    private List<List<String>> totals() {
        return session.query("SELECT customer, total FROM totals ORDER BY customer");
    }

    @Test
    void aStreamTableIsThereWhenTheCallReturns() {
        session.execute(TOTALS);
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "5"));
    }

    @Test
    void whatATransactionMadeIsReadAndARollbackLeavesNothing() {
        String relations =
                "SELECT count(*) FROM pg_class WHERE relname IN ('counts', 'fresh') OR relnamespace IN"
                        + " ('pgtrickle_changes'::regnamespace, 'pgtrickle_owned'::regnamespace)";
        String before = session.value(relations);
        session.execute(
                "BEGIN",
                "CREATE TABLE fresh (a int)",
                "INSERT INTO fresh VALUES (1), (1), (2)",
                "SELECT pgtrickle.create_stream_table('counts', 'SELECT a, count(*) AS n FROM fresh GROUP BY a')");
        assertThat(session.query("SELECT a, n FROM counts ORDER BY a"))
                .containsExactly(List.of("1", "2"), List.of("2", "1"));
        session.execute("ROLLBACK");
        assertThat(session.value(relations)).isEqualTo(before);
        assertThat(session.value("SELECT count(*) FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("0");
    }

    @Test
    void aCommittedCreationGoesOn() {
        session.execute(
                "BEGIN",
                TOTALS,
                "COMMIT",
                "INSERT INTO orders (customer, amount) VALUES (2, 7)",
                REFRESH);
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "12"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"})
    void aRefreshAppliesTheTransactionsOwnChangesOnce(String isolation) {
        session.execute(
                TOTALS,
                "BEGIN ISOLATION LEVEL " + isolation,
                "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "31"));
        session.execute("INSERT INTO orders (customer, amount) VALUES (1, 100)", REFRESH, REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "131"));
        session.execute("COMMIT", REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "131"));
        assertThat(session.query("SELECT * FROM pgtrickle.pending_changes()")).isEmpty();
        session.execute("UPDATE orders SET amount = 0 WHERE amount = 100", REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "31"));
    }

    @Test
    void aSavepointTakesARefreshBack() {
        session.execute(
                TOTALS,
                "BEGIN",
                "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                REFRESH,
                "SAVEPOINT here",
                "INSERT INTO orders (customer, amount) VALUES (1, 1000)",
                REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "1031"));
        session.execute("ROLLBACK TO here");
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "31"));
        session.execute("INSERT INTO orders (customer, amount) VALUES (1, 3)", REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "34"));
        session.execute("COMMIT", REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "34"));
    }

    @Test
    void aRefreshThatIsRolledBackIsMadeUpFor() {
        session.execute(
                TOTALS,
                "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                "BEGIN",
                "INSERT INTO orders (customer, amount) VALUES (2, 1)",
                REFRESH,
                "ROLLBACK",
                REFRESH);
        assertThat(totals()).containsExactly(List.of("1", "31"), List.of("2", "5"));
    }

    /// What is the other's and is not committed before, or comes after its refresh, is not lost
    /// either.
    @ParameterizedTest
    @ValueSource(strings = {"READ COMMITTED", "REPEATABLE READ"})
    void aRefreshWaitsForThatOfAnotherTransactionAndAppliesItsOwnChanges(String level) {
        session.execute(TOTALS);
        String own = "INSERT INTO orders (customer, amount) VALUES (1, 100)";
        try (Session other = database.session()) {
            other.execute("BEGIN", "INSERT INTO orders (customer, amount) VALUES (3, 1)", REFRESH);
            String waits =
                    "SELECT coalesce(wait_event_type = 'Lock', false) FROM pg_stat_activity WHERE pid = "
                            + session.value("SELECT pg_backend_pid()");
            session.execute("BEGIN ISOLATION LEVEL " + level, own);
            CompletableFuture<Void> refresh =
                    CompletableFuture.runAsync(() -> session.execute(REFRESH));
            while (other.value(waits).equals("f") && !refresh.isDone()) {
                other.value("SELECT pg_sleep(0.01)");
            }
            assertThat(refresh).isNotDone();
            other.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)", "COMMIT");
            if (level.equals("READ COMMITTED")) {
                refresh.join();
                assertThat(totals()).contains(List.of("1", "130"), List.of("3", "1"));
                session.execute("COMMIT");
            } else {
                assertThatThrownBy(refresh::join)
                        .hasRootCauseInstanceOf(PSQLException.class)
                        .hasMessageContaining("could not serialize access");
                session.execute(
                        "ROLLBACK", "BEGIN ISOLATION LEVEL " + level, own, REFRESH, "COMMIT");
            }
            session.execute("BEGIN", REFRESH, "COMMIT");
            assertThat(totals())
                    .containsExactly(List.of("1", "130"), List.of("2", "12"), List.of("3", "1"));
        }
    }

    @Test
    void streamTablesOnStreamTablesFollowInOneTransaction() {
        session.execute(
                TOTALS,
                "SELECT pgtrickle.create_stream_table('big', 'SELECT customer FROM totals WHERE total > 100', schedule => '1h')",
                "BEGIN",
                "INSERT INTO orders (customer, amount) VALUES (2, 1000)",
                "SELECT pgtrickle.refresh_all_stream_tables()");
        assertThat(session.query("SELECT customer FROM big")).containsExactly(List.of("2"));
        session.execute(
                "DELETE FROM orders WHERE amount = 1000",
                "SELECT pgtrickle.refresh_all_stream_tables()");
        assertThat(session.query("SELECT customer FROM big")).isEmpty();
        session.execute("COMMIT", "SELECT pgtrickle.refresh_all_stream_tables()");
        assertThat(session.query("SELECT customer FROM big")).isEmpty();
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "5"));
    }

    @Test
    void writeAndRefreshIsReadYourWrites() {
        session.execute(
                TOTALS,
                "SELECT pgtrickle.write_and_refresh('INSERT INTO orders (customer, amount) VALUES (1, 70)', 'totals')");
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "100"));
    }

    @Test
    void theSessionIsLeftAsItWas() {
        // The captured INSERT itself leaves a mark for the rest of its transaction.
        String settings =
                "SELECT name, setting FROM pg_settings WHERE name <> 'pg_trickle.woken' ORDER BY name";
        session.execute(
                "DO 'BEGIN END'",
                "SET datestyle = 'ISO, DMY'",
                "SET search_path = public, pg_catalog",
                "BEGIN");
        List<List<String>> before = session.query(settings);
        session.execute(TOTALS, "INSERT INTO orders (customer, amount) VALUES (1, 1)", REFRESH);
        assertThat(session.query(settings)).containsExactlyElementsOf(before);
        session.execute("COMMIT");
    }

    @Test
    void errorsAreThoseOfTheQuery() {
        assertThat(error("SELECT pgtrickle.create_stream_table('bad', 'SELECT nope FROM orders')"))
                .satisfies(it -> assertThat(it.getSQLState()).isEqualTo("42703"))
                .satisfies(it ->
                        assertThat(it.getMessage()).contains("column \"nope\" does not exist"));
        assertThat(error("SELECT pgtrickle.create_stream_table('bad', 'DELETE FROM orders')"))
                .satisfies(it -> assertThat(it.getSQLState()).isEqualTo("42000"))
                .satisfies(it -> assertThat(it.getHint()).contains("Give one SELECT"));
        assertThat(
                        error(
                                "SELECT pgtrickle.create_stream_table('bad', 'SELECT 1 FROM orders', 'often')"))
                .satisfies(it -> assertThat(it.getSQLState()).isEqualTo("22023"));
        assertThat(error("SELECT pgtrickle.create_stream_table('bad', NULL)"))
                .satisfies(it -> assertThat(it.getSQLState()).isEqualTo("22023"));
        assertThat(error(REFRESH)).satisfies(it -> assertThat(it.getSQLState()).isEqualTo("42P01"));
        session.execute(TOTALS);
        assertThat(error(TOTALS)).satisfies(it -> assertThat(it.getSQLState()).isEqualTo("42P07"));
        assertThat(totals()).hasSize(2);
    }

    private ServerErrorMessage error(String sql) {
        try {
            session.execute(sql);
        } catch (IllegalStateException e) {
            if (e.getCause() instanceof PSQLException cause
                    && cause.getServerErrorMessage() != null) {
                return cause.getServerErrorMessage();
            }
            throw e;
        }
        throw new AssertionError("no error from " + sql);
    }

    @Test
    void aFailedCallLeavesTheTransactionToItsSavepoint() {
        session.execute(
                "BEGIN", "INSERT INTO orders (customer, amount) VALUES (3, 1)", "SAVEPOINT a");
        assertThat(
                        error(
                                        "SELECT pgtrickle.create_stream_table('bad', 'SELECT 1/0 AS x FROM orders')")
                                .getSQLState())
                .isEqualTo("22012");
        session.execute("ROLLBACK TO a", TOTALS, "COMMIT");
        assertThat(totals()).hasSize(3);
    }

    @Test
    void alterKeepsAndReplaces() throws SQLException {
        session.execute(
                TOTALS,
                "SELECT pgtrickle.alter_stream_table('totals', query => 'SELECT customer, sum(amount) AS total FROM orders"
                        + " WHERE amount > 6 GROUP BY customer')");
        assertThat(totals()).containsExactly(List.of("1", "30"));
        session.execute(
                "SELECT pgtrickle.alter_stream_table('totals', status => 'SUSPENDED', tier => 'cold', fuse => 'on', fuse_ceiling => 5)");
        assertThat(error(REFRESH).getSQLState()).isEqualTo("22023");
        session.execute(
                "LISTEN pg_trickle_alert",
                "SELECT pgtrickle.resume_stream_table('totals')",
                REFRESH);
        PGNotification[] told =
                session.connection().unwrap(PGConnection.class).getNotifications(10_000);
        assertThat(Stream.of(told).map(PGNotification::getParameter))
                .anySatisfy(it ->
                        assertThat(it)
                                .contains("\"resumed\"", "\"previous_status\":\"SUSPENDED\""));
        assertThat(
                        session.query(
                                "SELECT status, refresh_tier, fuse_mode, fuse_ceiling FROM pgtrickle.pgt_stream_tables"))
                .containsExactly(List.of("ACTIVE", "cold", "on", "5"));
        assertThat(
                        error("SELECT pgtrickle.alter_stream_table('totals', tier => 'tepid')")
                                .getSQLState())
                .isEqualTo("22023");
    }

    @Test
    void createOrReplaceChangesOnlyWhatDiffers() {
        String replace =
                "SELECT pgtrickle.create_or_replace_stream_table('totals', 'SELECT customer, sum(amount) AS total FROM orders"
                        + " GROUP BY customer', schedule => '%s')";
        session.execute(replace.formatted("1h"));
        String relation = session.value("SELECT 'totals'::regclass::oid");
        session.execute(replace.formatted("60m"), replace.formatted("2h"));
        assertThat(session.query("SELECT pgt_relid, schedule FROM pgtrickle.pgt_stream_tables"))
                .containsExactly(List.of(relation, "2h"));
        assertThat(
                        session.value(
                                "SELECT count(*) FROM pgtrickle.pgt_refresh_history WHERE action <> 'NO_DATA'"))
                .isEqualTo("1");
    }

    @Test
    void bulkCreateMakesAllOrNone() {
        assertThat(
                        session.value(
                                "SELECT pgtrickle.bulk_create('[{\"name\": \"b1\", \"query\": \"SELECT id FROM orders\"},"
                                        + " {\"name\": \"b2\", \"query\": \"SELECT id FROM b1\", \"schedule\": \"1h\"}]')"
                                        + " -> 1 ->> 'status'"))
                .isEqualTo("created");
        assertThat(session.value("SELECT count(*) FROM b2")).isEqualTo("3");
        assertThat(
                        error(
                                        "SELECT pgtrickle.bulk_create('[{\"name\": \"b3\", \"query\": \"SELECT id FROM orders\"},"
                                                + " {\"name\": \"b4\", \"query\": \"SELECT nope FROM orders\"}]')")
                                .getSQLState())
                .isEqualTo("22023");
        assertThat(session.value("SELECT to_regclass('b3') IS NULL")).isEqualTo("t");
        session.execute("SELECT pgtrickle.drop_stream_table('b1', cascade => true)");
    }

    @Test
    void explanationsComeFromTheCompiler() {
        session.execute(TOTALS);
        assertThat(
                        session.query(
                                "SELECT property FROM pgtrickle.explain_st('totals', with_analyze => true)"))
                .contains(
                        List.of("operator_tree"),
                        List.of("delta_query"),
                        List.of("explain_analyze"));
        assertThat(session.query("SELECT * FROM pgtrickle.explain_delta('totals', 'json')"))
                .isNotEmpty();
        assertThat(
                        session.query(
                                "SELECT result FROM pgtrickle.validate_query('SELECT DISTINCT o.id FROM orders o LEFT JOIN orders p ON p.id = o.id')"
                                        + " WHERE check_name IN ('resolved_refresh_mode', 'join')"))
                .contains(List.of("DIFFERENTIAL"));
        assertThat(
                        session.query(
                                "SELECT result FROM pgtrickle.validate_query('SELECT random() AS r FROM orders')"
                                        + " WHERE check_name = 'resolved_refresh_mode'"))
                .containsExactly(List.of("FULL"));
        assertThat(
                        session.value(
                                "SELECT sql_after FROM pgtrickle.explain_query_rewrite('SELECT * FROM orders')"
                                        + " WHERE pass_name = 'canonical_text'"))
                .contains("customer");
    }

    @Test
    void aHostileSearchPathGainsNothing() {
        database.asSuperuser(
                "CREATE SCHEMA hostile",
                "CREATE TABLE hostile.log (t text)",
                "GRANT ALL ON SCHEMA hostile TO PUBLIC",
                "GRANT ALL ON hostile.log TO PUBLIC",
                "CREATE FUNCTION hostile.taken(text, text) RETURNS text LANGUAGE sql AS"
                        + " $$INSERT INTO hostile.log VALUES ('operator'); SELECT 'stolen'$$",
                "CREATE OPERATOR hostile.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = hostile.taken)",
                "CREATE FUNCTION hostile.current_setting(text) RETURNS text LANGUAGE sql AS"
                        + " $$INSERT INTO hostile.log VALUES ('function'); SELECT 'stolen'$$",
                "CREATE DOMAIN hostile.text AS varchar(1)",
                "CREATE DOMAIN hostile.jsonb AS varchar(1)");
        try {
            session.execute(
                    "SET search_path = hostile, pg_catalog, public",
                    TOTALS.replace("'totals'", "'public.totals'"),
                    "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                    REFRESH);
            assertThat(totals().getFirst()).isEqualTo(List.of("1", "31"));
            assertThat(session.query("SELECT * FROM hostile.log")).isEmpty();
        } finally {
            database.asSuperuser("DROP SCHEMA hostile CASCADE");
        }
    }

    @Test
    void withoutAServiceThereIsAClearErrorAndNoLock() {
        session.execute(TOTALS);
        database.stopService();
        try {
            session.execute("BEGIN", "SAVEPOINT a");
            ServerErrorMessage error = error(REFRESH);
            assertThat(error.getSQLState()).isEqualTo("55000");
            assertThat(error.getMessage())
                    .isEqualTo("no pg_trickle service is running for this database");
            assertThat(error.getHint()).contains("pgtrickle serve");
            session.execute(
                    "ROLLBACK TO a",
                    "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                    "COMMIT");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND mode <> 'AccessShareLock'"
                                            + " AND locktype = 'relation'"))
                    .isEqualTo("0");
        } finally {
            database.startService();
        }
        session.execute(REFRESH);
        assertThat(totals().getFirst()).isEqualTo(List.of("1", "31"));
    }

    @Test
    void aReadOnlyRoleSeesTheStateAndNoSecret() {
        session.execute(TOTALS);
        database.asSuperuser("CREATE ROLE " + database.owner() + "_guest LOGIN");
        try (Session guest = database.session(database.owner() + "_guest")) {
            assertThat(guest.value("SELECT count(*) FROM pgtrickle.pgt_status()")).isEqualTo("1");
            assertThatThrownBy(() -> guest.query("SELECT * FROM pgtrickle.pgt_service"))
                    .hasMessageContaining("permission denied");
            assertThatThrownBy(() -> guest.execute(REFRESH))
                    .hasMessageContaining("must be owner of stream table");
            assertThatThrownBy(() -> guest.execute("SELECT pgtrickle.drop_stream_table('totals')"))
                    .hasMessageContaining("must be owner of stream table");
        } finally {
            database.asSuperuser("DROP ROLE " + database.owner() + "_guest");
        }
        assertThat(totals()).hasSize(2);
    }
}
