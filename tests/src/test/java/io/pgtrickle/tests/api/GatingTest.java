package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// Who may hold refreshes back, with which names, and what is said to those who may not.
final class GatingTest extends FourRoles {
    private static final List<String> CALLS =
            List.of(
                    "SELECT pgtrickle.gate_source('shop.orders')",
                    "SELECT pgtrickle.ungate_source('shop.orders')",
                    "SELECT pgtrickle.advance_watermark('shop.orders', now())",
                    "SELECT pgtrickle.create_watermark_group('w', ARRAY['shop.orders', 'shop.\"Odd, \"\"one\"\"\"'])",
                    "SELECT pgtrickle.drop_watermark_group('w')");

    @BeforeEach
    void another() {
        carl.execute(
                "CREATE TABLE shop.\"Odd, \"\"one\"\"\" (id int)",
                "CREATE VIEW shop.seen AS SELECT id FROM orders",
                "GRANT SELECT, TRIGGER ON shop.\"Odd, \"\"one\"\"\" TO " + ann);
    }

    @AfterEach
    void none() {
        database.asSuperuser(
                "DELETE FROM pgtrickle.pgt_source_gates",
                "DELETE FROM pgtrickle.pgt_watermarks",
                "DELETE FROM pgtrickle.pgt_watermark_groups",
                "DELETE FROM pgtrickle.pgt_refresh_groups");
    }

    private static void refused(Session session, String sql, String state, String message) {
        assertThatThrownBy(() -> session.query(sql))
                .as(sql)
                .hasMessageContaining(message)
                .satisfies(it -> {
                    Throwable cause = it instanceof PSQLException ? it : it.getCause();
                    assertThat(cause)
                            .isInstanceOfSatisfying(
                                    PSQLException.class,
                                    error -> {
                                        assertThat(error.getSQLState()).isEqualTo(state);
                                        ServerErrorMessage told =
                                                Objects.requireNonNull(
                                                        error.getServerErrorMessage());
                                        assertThat(told.getDetail()).isNotBlank();
                                        assertThat(told.getHint()).isNotBlank();
                                    });
                });
    }

    @Test
    void aSourceIsGatedByItsOwnerAndThoseWhoWriteIt() {
        for (String call : CALLS) {
            carl.query(call);
        }
        carl.query(CALLS.get(3));
        try (Session other = database.session(bob)) {
            for (String call : CALLS) {
                refused(other, call, "42501", "permission denied for source shop.orders");
            }
            for (String right : List.of("INSERT", "UPDATE", "DELETE", "UPDATE (amount)")) {
                carl.execute("GRANT " + right + " ON shop.orders TO " + quoted(bob));
                other.query(CALLS.getFirst());
                carl.execute("REVOKE " + right + " ON shop.orders FROM " + quoted(bob));
                refused(other, CALLS.getFirst(), "42501", "permission denied");
            }
            carl.execute("GRANT INSERT ON shop.orders TO " + quoted(bob));
            refused(
                    other,
                    CALLS.get(4),
                    "42501",
                    "permission denied for source shop.\"Odd, \"\"one\"\"\"");
            assertThat(
                            installer.query(
                                    "SELECT source_table, gated_by FROM pgtrickle.source_gates()"))
                    .containsExactly(List.of("orders", bob));
        }
        // Not even who installed pg_trickle, whose service it is.
        refused(installer, CALLS.getFirst(), "42501", "permission denied for source shop.orders");
        database.asSuperuser(CALLS.get(1), CALLS.get(4));
        assertThat(installer.query("SELECT gated FROM pgtrickle.source_gates()"))
                .containsExactly(List.of("f"));
    }

    @Test
    void aRoleThatIsTakenCountsAndNothingIsLentToPgTrickle() {
        String carls = carl.value("SELECT current_user");
        String runner =
                "SELECT to_regprocedure('pgtrickle_owned.run_' || '"
                        + carls
                        + "'::regrole::oid || '(text,text)') IS NULL";
        carl.query(CALLS.getFirst());
        assertThat(installer.value(runner)).isEqualTo("t");
        database.asSuperuser(
                "GRANT " + carls + " TO " + quoted(bob) + " WITH INHERIT FALSE, SET TRUE");
        try (Session other = database.session(bob)) {
            refused(other, CALLS.getFirst(), "42501", "permission denied");
            other.execute("SET ROLE " + carls);
            other.query(CALLS.getFirst());
        }
        database.asSuperuser("REVOKE " + carls + " FROM " + quoted(bob));
        // Whom the doors do not let in finds them closed.
        assertThatThrownBy(() ->
                        session.query(
                                "SELECT pgtrickle._coordinated('"
                                        + carls
                                        + "'::regrole, 'local gate_source', '{}')"))
                .hasMessageContaining("permission denied for function");
        assertThatThrownBy(() ->
                        session.query(
                                "SELECT pgtrickle._call_"
                                        + carl.value("SELECT current_user::regrole::oid")
                                        + "('local gate_source', '{}', NULL)"))
                .hasMessageContaining("permission denied for function");
    }

    @Test
    void namesAreLookedUpAsTheCallerMeansThem() {
        carl.query("SELECT pgtrickle.gate_source('ORDERS')");
        carl.query("SELECT pgtrickle.gate_source('\"Odd, \"\"one\"\"\"')");
        assertThat(carl.query("SELECT source_table FROM pgtrickle.source_gates()"))
                .containsExactly(List.of("Odd, \"one\""), List.of("orders"));
        carl.execute("SET search_path = ann");
        refused(carl, "SELECT pgtrickle.gate_source('orders')", "42P01", "table not found: orders");
        refused(carl, "SELECT pgtrickle.gate_source('a.b.c')", "42602", "invalid name");
        refused(
                carl,
                "SELECT pgtrickle.gate_source('x''; DROP TABLE shop.orders; --')",
                "42602",
                "invalid name");
        refused(
                carl,
                "SELECT pgtrickle.gate_source('shop.seen')",
                "42809",
                "shop.seen is not a table");
        assertThat(carl.value("SELECT pgtrickle.gate_source(NULL) IS NULL")).isEqualTo("t");
    }

    @Test
    void aGateStaysClosedSinceItWasClosedFirst() {
        carl.query(CALLS.getFirst());
        String since = carl.value("SELECT gated_at FROM pgtrickle.source_gates()");
        carl.query(CALLS.getFirst());
        assertThat(carl.value("SELECT gated_at FROM pgtrickle.source_gates()")).isEqualTo(since);
        carl.query(CALLS.get(1));
        carl.query(CALLS.get(1));
        carl.query(CALLS.getFirst());
        assertThat(
                        carl.query(
                                "SELECT gated, gated_at > '"
                                        + since
                                        + "', ungated_at FROM pgtrickle.source_gates()"))
                .containsExactly(List.of("t", "t", "null"));
        carl.execute("DROP TABLE shop.orders CASCADE");
        carl.query("SELECT pgtrickle.gate_source('\"Odd, \"\"one\"\"\"')");
        assertThat(carl.query("SELECT source_table FROM pgtrickle.source_gates()"))
                .containsExactly(List.of("Odd, \"one\""));
    }

    @Test
    void watermarksOnlyAdvance() {
        carl.query("SELECT pgtrickle.advance_watermark('orders', '2026-01-02 00:00Z')");
        carl.query("SELECT pgtrickle.advance_watermark('orders', '2026-01-02 00:00Z')");
        refused(
                carl,
                "SELECT pgtrickle.advance_watermark('orders', '2026-01-01 23:59:59.999999Z')",
                "22000",
                "the watermark of shop.orders cannot move backward");
        refused(
                carl,
                "SELECT pgtrickle.advance_watermark('orders', 'infinity')",
                "22023",
                "invalid argument: watermark");
        carl.query("SELECT pgtrickle.advance_watermark('orders', '2026-01-02 00:00:00.000001Z')");
        assertThat(
                        carl.query(
                                "SELECT watermark = '2026-01-02 00:00:00.000001Z', advanced_by = current_user, wal_lsn::pg_lsn > '0/0'"
                                        + " FROM pgtrickle.watermarks()"))
                .containsExactly(List.of("t", "t", "t"));
    }

    @Test
    void aWatermarkGroupHasANameAndTwoSources() {
        String one = "ARRAY['orders', 'shop.orders']";
        String two = "ARRAY['orders', '\"Odd, \"\"one\"\"\"']";
        String create = "SELECT pgtrickle.create_watermark_group(";
        refused(carl, create + "'g', " + one + ")", "22023", "fewer than two sources");
        refused(carl, create + "'g', '{}')", "22023", "fewer than two sources");
        refused(carl, create + "' ', " + two + ")", "22023", "group name");
        refused(carl, create + "repeat('g', 201), " + two + ")", "22023", "group name");
        refused(carl, create + "'g', " + two + ", -1)", "22023", "tolerance_secs -1");
        refused(carl, create + "'g', " + two + ", 'NaN')", "22023", "tolerance_secs NaN");
        refused(carl, create + "'g', ARRAY['orders', NULL])", "22023", "a name is NULL");
        refused(carl, create + "'g', ARRAY['orders', 'nope'])", "42P01", "table not found: nope");
        String hostile = "'; DROP SCHEMA pgtrickle CASCADE; -- \"%s\" \\ {}";
        String literal = "'" + hostile.replace("'", "''") + "'";
        assertThat(Integer.parseInt(carl.value(create + literal + ", " + two + ", 1.5)")))
                .isPositive();
        refused(
                carl,
                create + literal + ", " + two + ")",
                "42710",
                "watermark group already exists");
        assertThat(
                        carl.query("SELECT * FROM pgtrickle.watermark_groups()")
                                .getFirst()
                                .subList(0, 3))
                .containsExactly(hostile, "2", "1.5");
        carl.query("SELECT pgtrickle.drop_watermark_group(" + literal + ")");
        refused(
                carl,
                "SELECT pgtrickle.drop_watermark_group('g')",
                "42704",
                "watermark group not found: \"g\"");
    }

    @Test
    void streamTablesAreGroupedByTheirOwner() {
        session.execute(
                create("totals", SUMS), create("\"My \"\"Sums\"", SUMS), create("third", SUMS));
        String members = "ARRAY['totals', '\"My \"\"Sums\"']";
        String create = "SELECT pgtrickle.create_refresh_group(";
        refused(
                session,
                create + "'g', ARRAY['totals', 'ann.totals'])",
                "22023",
                "fewer than two stream tables");
        refused(session, create + "'', " + members + ")", "22023", "group name");
        refused(
                session,
                create + "'g', " + members + ", 'serializable')",
                "22023",
                "isolation \"serializable\"");
        refused(
                session,
                create + "'g', ARRAY['totals', 'orders'])",
                "42P01",
                "stream table not found: orders");
        try (Session other = database.session(bob)) {
            other.execute("SET search_path = ann");
            refused(
                    other,
                    create + "'g', " + members + ")",
                    "42501",
                    "must be owner of stream table ann.");
            session.query(create + "'g', " + members + ", 'repeatable_read')");
            refused(
                    other,
                    "SELECT pgtrickle.drop_refresh_group('g')",
                    "42501",
                    "must be owner of stream table ann.");
        }
        refused(
                session,
                create + "'g', ARRAY['totals', 'third'])",
                "42710",
                "refresh group already exists");
        refused(
                session,
                create + "'h', ARRAY['totals', 'third'])",
                "22023",
                "stream table ann.totals is in another group");
        assertThat(
                        session.query(
                                "SELECT group_name, member_count, isolation FROM pgtrickle.refresh_groups()"))
                .containsExactly(List.of("g", "2", "repeatable_read"));
        // Its table is made anew, and it stays a member.
        session.execute(
                "SELECT pgtrickle.alter_stream_table('totals', query => 'SELECT customer FROM orders')");
        refused(
                session,
                create + "'h', ARRAY['totals', 'third'])",
                "22023",
                "stream table ann.totals is in another group");
        session.query("SELECT pgtrickle.drop_refresh_group('g')");
        refused(
                session,
                "SELECT pgtrickle.drop_refresh_group('g')",
                "42P01",
                "refresh group not found: \"g\"");
    }

    @Test
    void aFuseIsResetByTheOwner() {
        session.execute(create("totals", SUMS));
        database.asSuperuser(
                "UPDATE pgtrickle.pgt_stream_tables SET fuse_mode = 'on', fuse_state = 'blown', status = 'SUSPENDED'");
        try (Session other = database.session(bob)) {
            refused(
                    other,
                    "SELECT pgtrickle.reset_fuse('ann.totals')",
                    "42501",
                    "must be owner of stream table ann.totals");
        }
        refused(
                session,
                "SELECT pgtrickle.reset_fuse('totals', 'nothing')",
                "22023",
                "action \"nothing\"");
        session.query("SELECT pgtrickle.reset_fuse('totals')");
        refused(session, "SELECT pgtrickle.reset_fuse('totals')", "22023", "is not blown");
        assertThat(session.value("SELECT status FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("ACTIVE");
    }

    @Test
    void thoseWhoListenAreTold() throws Exception {
        String orders = carl.value("SELECT 'orders'::regclass::oid");
        try (Session listener = database.session()) {
            listener.execute("LISTEN pgtrickle_source_gate", "LISTEN pgtrickle_watermark");
            carl.query(CALLS.get(0));
            carl.query(CALLS.get(1));
            carl.query(CALLS.get(1));
            carl.query(CALLS.get(2));
            assertThat(HoldingDatabase.heard(listener))
                    .containsExactly(
                            "pgtrickle_source_gate " + orders,
                            "pgtrickle_source_gate " + orders,
                            "pgtrickle_watermark wm:" + orders);
        }
    }

    @Test
    void noServiceIsNeeded() {
        database.stopService();
        try {
            for (String call : CALLS) {
                carl.query(call);
            }
        } finally {
            database.startService();
        }
    }
}
