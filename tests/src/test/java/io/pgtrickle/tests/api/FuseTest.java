package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A fuse keeps a flood of changes away from a stream table until somebody says what to do.
@Timeout(120)
final class FuseTest extends HoldingDatabase {
    private static final String COPY = "SELECT id, customer, amount FROM orders";
    private static final String STORED = "SELECT id, customer, amount FROM copy";
    private static final String STATE =
            "SELECT s.status || ' ' || f.fuse_state FROM pgtrickle.fuse_status() f JOIN pgtrickle.pgt_stream_tables s"
                    + " ON f.stream_table = format('%I.%I', s.pgt_schema, s.pgt_name) WHERE s.pgt_name = 'copy'";

    private void fused(String options) {
        session.execute(
                create("copy", COPY),
                "SELECT pgtrickle.alter_stream_table('copy', " + options + ")");
    }

    private void load(int rows) {
        session.execute(
                "INSERT INTO orders (customer, amount) SELECT 1, i FROM generate_series(1, "
                        + rows
                        + ") i");
    }

    private void blown() {
        fused("fuse => 'on', fuse_ceiling => 10");
        load(11);
        await(STATE, "SUSPENDED blown");
    }

    private void reset(String action) {
        session.execute("SELECT pgtrickle.reset_fuse('copy', '" + action + "')");
    }

    @Test
    void oneStatementAboveTheCeilingBlowsIt() throws Exception {
        try (Session listener = database.session()) {
            listener.execute("LISTEN pgtrickle_alert");
            fused("fuse => 'on', fuse_ceiling => 10");
            load(10);
            awaitEqual(STORED, COPY);
            assertThat(session.value(STATE)).isEqualTo("ACTIVE armed");
            session.execute("UPDATE orders SET amount = amount + 1");
            await(STATE, "SUSPENDED blown");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM ("
                                            + STORED
                                            + " INTERSECT "
                                            + COPY
                                            + ") s"))
                    .isEqualTo("0");
            assertThat(
                            session.query(
                                    "SELECT blow_reason, blown_at <= now(), effective_ceiling FROM pgtrickle.fuse_status() WHERE stream_table = 'public.copy'"))
                    .hasToString("[[28 pending rows, ceiling 10, t, 10]]");
            assertThat(session.value(skips("copy")))
                    .isEqualTo("fuse blown: 28 pending rows, ceiling 10");
            assertThat(heard(listener))
                    .containsExactly(
                            "pgtrickle_alert {\"event\": \"fuse_blown\", \"ceiling\": 10, \"pending\": 28, \"stream_table\": \"public.copy\"}");
        }
        assertThatThrownBy(() -> session.execute("SELECT pgtrickle.refresh_stream_table('copy')"))
                .hasMessageContaining("stream table public.copy is SUSPENDED");
        settle();
        assertThat(session.value("SELECT count(*) FROM copy")).isEqualTo("14");
    }

    @Test
    void applyTakesWhatIsPendingAndNoMore() {
        blown();
        reset("apply");
        assertThat(session.value(STATE)).isEqualTo("ACTIVE armed");
        awaitEqual(STORED, COPY);
        load(11);
        await(STATE, "SUSPENDED blown");
    }

    @Test
    void whatComesAfterTheResetIsCountedAgain() {
        blown();
        session.execute("BEGIN");
        reset("apply");
        load(11);
        session.execute("COMMIT");
        await(
                "SELECT coalesce(blow_reason, '') FROM pgtrickle.fuse_status() WHERE stream_table = 'public.copy'",
                "22 pending rows, ceiling 10");
        reset("apply");
        awaitEqual(STORED, COPY);
    }

    @Test
    void reinitializeRecomputes() {
        blown();
        reset("reinitialize");
        awaitEqual(STORED, COPY);
        assertThat(session.value(STATE)).isEqualTo("ACTIVE armed");
        assertThat(
                        session.value(
                                "SELECT h.action FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables s USING (pgt_id)"
                                        + " WHERE s.pgt_name = 'copy' ORDER BY refresh_id DESC LIMIT 1"))
                .isEqualTo("REINITIALIZE");
    }

    @Test
    void skipChangesLeavesThemToOtherReaders() {
        session.execute(
                "SELECT pgtrickle.create_stream_table('other', 'SELECT customer, count(*) AS n FROM orders GROUP BY customer', schedule => '1h')");
        blown();
        String before = session.value("SELECT max(id) FROM copy");
        reset("skip_changes");
        load(3);
        String skipped = " WHERE id <= " + before + " OR id > " + before + " + 11";
        awaitEqual(STORED, COPY + skipped);
        assertThat(session.value("SELECT count(*) FROM copy")).isEqualTo("7");
        // A row that was there before is followed as ever.
        session.execute("UPDATE orders SET amount = 77 WHERE id = " + before);
        awaitEqual(STORED, COPY + skipped);
        session.execute("SELECT pgtrickle.refresh_stream_table('other')");
        assertThat(session.query("SELECT customer, n FROM other ORDER BY 1"))
                .hasToString("[[1, 16], [2, 2]]");
        // A skipped row that changes is not among the stored ones: that is noticed and repaired.
        session.execute("UPDATE orders SET amount = 78 WHERE id = " + before + " + 1");
        awaitEqual(STORED, COPY);
    }

    @Test
    void skipChangesDoesNotSkipThoseOfItsOwnTransaction() {
        blown();
        session.execute("BEGIN");
        load(2);
        reset("skip_changes");
        load(3);
        session.execute("COMMIT");
        await("SELECT count(*) FROM copy", "9");
        session.execute("SELECT pgtrickle.repair_stream_table('copy')");
        assertEqual(STORED, COPY);
    }

    @Test
    void floodsInARowAreCounted() {
        fused("fuse => 'on', fuse_ceiling => 10, fuse_sensitivity => 2");
        load(11);
        awaitEqual(STORED, COPY);
        load(2);
        awaitEqual(STORED, COPY);
        load(11);
        awaitEqual(STORED, COPY);
        assertThat(session.value(STATE)).isEqualTo("ACTIVE armed");
        load(11);
        await(STATE, "SUSPENDED blown");
    }

    @Test
    void anAdaptiveCeilingFollowsTheHistory() {
        fused("fuse => 'auto'");
        String ceiling =
                "SELECT effective_ceiling FROM pgtrickle.fuse_status() WHERE stream_table = 'public.copy'";
        assertThat(session.value(ceiling)).isEqualTo("null");
        for (int i = 0; i < 5; i++) {
            load(i == 2 ? 400 : 150 + i);
            awaitEqual(STORED, COPY);
        }
        assertThat(session.value(ceiling)).isEqualTo("1540");
        load(1541);
        await(STATE, "SUSPENDED blown");
        reset("apply");
        awaitEqual(STORED, COPY);
        assertThat(session.value(ceiling)).isEqualTo("4000");
        session.execute("SELECT pgtrickle.alter_stream_table('copy', fuse_ceiling => 100000)");
        assertThat(session.value(ceiling)).isEqualTo("100000");
    }

    @Test
    void theDefaultCeilingIsASetting() {
        fused("fuse => 'on'");
        database.asSuperuser(
                "ALTER DATABASE " + database.name() + " SET pg_trickle.fuse_default_ceiling = 5");
        // The service takes the setting when it looks at the catalog next.
        await(() -> load(6), STATE, "SUSPENDED blown");
        session.execute("SELECT pgtrickle.alter_stream_table('copy', fuse => 'off')");
        assertThat(session.value(STATE)).isEqualTo("SUSPENDED blown");
        session.execute("SELECT pgtrickle.resume_stream_table('copy')");
        assertThat(session.value(STATE)).isEqualTo("ACTIVE armed");
        awaitEqual(STORED, COPY);
    }

    @Test
    void inAGroupWhatTheGroupItselfWritesIsCounted() {
        session.execute(
                create("first", "SELECT id, customer, amount FROM orders WHERE amount > 0"),
                create("copy", "SELECT id, customer, amount FROM first"),
                "SELECT pgtrickle.create_refresh_group('g', ARRAY['first', 'copy'])",
                "SELECT pgtrickle.alter_stream_table('copy', fuse => 'on', fuse_ceiling => 10)");
        // The service knows the group once both have changed together.
        load(10);
        awaitEqual(STORED, COPY);
        load(11);
        await(STATE, "SUSPENDED blown");
        // The other one goes on.
        awaitEqual("SELECT id, customer, amount FROM first", COPY);
        assertThat(session.value("SELECT count(*) FROM copy")).isEqualTo("14");
        reset("apply");
        awaitEqual(STORED, COPY);
    }

    @Test
    void aBranchThatIsHeldHoldsTheWholeDiamond() {
        session.execute(
                create("copy", COPY),
                create(
                        "names",
                        "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer"),
                create(
                        "joined",
                        "SELECT c.id, c.amount, n.name FROM copy c JOIN names n ON n.id = c.id"),
                "SELECT pgtrickle.gate_source('customers')");
        load(2);
        await(skips("names"), "source gated: public.customers");
        settle();
        assertThat(session.value("SELECT count(*) FROM copy")).isEqualTo("4");
        session.execute("SELECT pgtrickle.ungate_source('customers')");
        awaitEqual(STORED, COPY);
        awaitEqual(
                "SELECT id, amount, name FROM joined",
                "SELECT o.id, o.amount, c.name FROM orders o JOIN customers c ON c.id = o.customer");
    }

    @Test
    void onlyABlownFuseIsReset() {
        fused("fuse => 'on', fuse_ceiling => 10");
        assertThatThrownBy(() -> reset("apply"))
                .hasMessageContaining("the fuse of stream table public.copy is not blown");
        assertThatThrownBy(() -> reset("forget"))
                .hasMessageContaining("invalid argument: action \"forget\"");
        assertThatThrownBy(() -> session.execute("SELECT pgtrickle.reset_fuse('orders')"))
                .hasMessageContaining("stream table not found: orders");
    }
}
