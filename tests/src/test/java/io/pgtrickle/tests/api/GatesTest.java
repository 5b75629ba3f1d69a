package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Gates and watermarks hold back what reads their sources, and nothing else.
@Timeout(120)
final class GatesTest extends HoldingDatabase {
    private static final String TOTALS =
            "SELECT customer, sum(amount) AS total FROM big GROUP BY customer";
    private static final String NAMED =
            "SELECT c.name, t.total FROM customers c LEFT JOIN totals t ON t.customer = c.id";
    private static final String STORED = "SELECT customer, total FROM totals";

    private void gate(String source) {
        session.execute("SELECT pgtrickle.gate_source('" + source + "')");
    }

    private void ungate(String source) {
        session.execute("SELECT pgtrickle.ungate_source('" + source + "')");
    }

    private void advance(String source, String watermark) {
        session.execute(
                "SELECT pgtrickle.advance_watermark('" + source + "', '" + watermark + "')");
    }

    private void load(int rows) {
        session.execute(
                "INSERT INTO orders (customer, amount) SELECT 1 + i % 3, i FROM generate_series(1, "
                        + rows
                        + ") i");
    }

    @Test
    void whatReadsAGatedSourceWaitsUntilTheGateOpens() {
        session.execute(create("totals", TOTALS), create("named", NAMED));
        gate("orders");
        load(5);
        session.execute("DELETE FROM orders WHERE id = 1");
        load(7);
        session.execute("INSERT INTO customers VALUES (3, 'Cyd')");
        settle();
        assertThat(session.query(STORED + " ORDER BY 1")).hasToString("[[1, 20], [2, 20]]");
        // What is behind goes on with what there is.
        awaitEqual("SELECT name, total FROM named", NAMED);
        assertThat(session.value("SELECT count(*) FROM named")).isEqualTo("3");
        assertThat(
                        session.query(
                                "SELECT source_table, gated, affected_stream_tables FROM pgtrickle.bootstrap_gate_status()"))
                .hasToString("[[orders, t, public.named, public.totals]]");
        ungate("orders");
        awaitEqual(STORED, TOTALS);
        awaitEqual("SELECT name, total FROM named", NAMED);
        assertThat(session.value(skips("totals"))).isEqualTo("source gated: public.orders");
    }

    @Test
    void theHistoryNotesOnceThatItBeganAndAgainWhenItBeginsAgain() {
        session.execute(create("totals", TOTALS));
        gate("orders");
        load(3);
        await(skips("totals"), "source gated: public.orders");
        for (int i = 0; i < 3; i++) {
            // Each is looked at by the service, which tries again.
            gate("orders");
            load(1);
            settle();
        }
        assertThat(session.value(skips("totals"))).isEqualTo("source gated: public.orders");
        ungate("orders");
        awaitEqual(STORED, TOTALS);
        gate("orders");
        load(1);
        await(skips("totals"), "source gated: public.orders; source gated: public.orders");
    }

    @Test
    void aGateInTheTransactionOfTheLoadHoldsWithIt() {
        session.execute(create("totals", TOTALS));
        session.execute("BEGIN");
        gate("orders");
        load(4);
        session.execute("COMMIT");
        settle();
        assertThat(session.query(STORED + " ORDER BY 1")).hasToString("[[1, 20], [2, 20]]");
        session.execute("BEGIN");
        load(4);
        ungate("orders");
        session.execute("COMMIT");
        awaitEqual(STORED, TOTALS);
    }

    @Test
    void aRefreshByHandIsDoneAndSaysThatItWouldNotBe() throws Exception {
        session.execute(create("totals", TOTALS));
        gate("orders");
        load(4);
        assertThat(notices("SELECT pgtrickle.refresh_stream_table('totals')"))
                .containsExactly(
                        "public.totals is refreshed, since it was asked for; the service would not: source gated: public.orders");
        assertEqual(STORED, TOTALS);
    }

    @Test
    void theFirstFillingWaitsAndSoDoesRecomputing() {
        gate("orders");
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', '"
                        + TOTALS
                        + "', initialize => false)",
                "SELECT pgtrickle.create_stream_table('whole', 'SELECT customer, random() AS r FROM orders', schedule => '100ms')");
        load(4);
        await(skips("totals"), "source gated: public.orders");
        await(skips("whole"), "source gated: public.orders");
        assertThat(session.value("SELECT count(*) FROM totals")).isEqualTo("0");
        assertThat(session.value("SELECT count(*) FROM whole")).isEqualTo("4");
        ungate("orders");
        awaitEqual(STORED, TOTALS);
        await("SELECT count(*) FROM whole", "8");
    }

    @Test
    void aGateOfAPartitionHoldsWhatReadsTheWhole() {
        session.execute(
                "CREATE TABLE visits (day int, n int) PARTITION BY LIST (day)",
                "CREATE TABLE visits_1 PARTITION OF visits FOR VALUES IN (1)",
                "CREATE TABLE visits_2 PARTITION OF visits FOR VALUES IN (2)",
                create("whole", "SELECT day, n FROM visits"),
                create("second", "SELECT day, n FROM visits_2"));
        gate("visits_1");
        session.execute("INSERT INTO visits VALUES (1, 1), (2, 1)");
        await("SELECT count(*) FROM second", "1");
        settle();
        assertThat(session.value("SELECT count(*) FROM whole")).isEqualTo("0");
        ungate("visits_1");
        await("SELECT count(*) FROM whole", "2");
        gate("visits");
        session.execute("INSERT INTO visits VALUES (1, 2), (2, 2)");
        await(skips("second"), "source gated: public.visits");
        assertThat(session.value("SELECT count(*) FROM second")).isEqualTo("1");
        ungate("visits");
        await("SELECT count(*) FROM second", "2");
        await("SELECT count(*) FROM whole", "4");
        session.execute(
                "SELECT pgtrickle.drop_stream_table('whole'), pgtrickle.drop_stream_table('second')",
                "DROP TABLE visits");
    }

    @Test
    void sourcesWhoseWatermarksAreApartAreNotJoined() {
        session.execute(
                create("totals", TOTALS),
                create(
                        "joined",
                        "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer"),
                "SELECT pgtrickle.create_watermark_group('Our \"Shop\"', ARRAY['orders', 'customers'], 60)");
        load(2);
        // Nobody has said anything about the other one yet.
        advance("orders", "2026-01-01 10:00Z");
        awaitEqual(
                "SELECT id, name FROM joined",
                "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer");
        advance("customers", "2026-01-01 09:58:59Z");
        load(3);
        await(
                skips("joined"),
                "watermarks misaligned: group \"Our \"\"Shop\"\"\", 61 s apart, tolerance 60 s");
        awaitEqual(STORED, TOTALS);
        assertThat(session.value("SELECT count(*) FROM joined")).isEqualTo("5");
        advance("customers", "2026-01-01 09:59Z");
        awaitEqual(
                "SELECT id, name FROM joined",
                "SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer");
        advance("orders", "2026-01-02");
        load(1);
        settle();
        assertThat(session.value("SELECT count(*) FROM joined")).isEqualTo("7");
        session.execute("SELECT pgtrickle.drop_watermark_group('Our \"Shop\"')");
        await("SELECT count(*) FROM joined", "8");
    }

    @Test
    void aWatermarkThatStandsStillHoldsAndIsToldOf() throws Exception {
        session.execute(
                create("totals", TOTALS),
                "SELECT pgtrickle.create_watermark_group('g', ARRAY['orders', 'customers'])");
        database.asSuperuser(
                "ALTER DATABASE "
                        + database.name()
                        + " SET pg_trickle.watermark_holdback_timeout = '1h'");
        advance("orders", "2026-01-01");
        database.asSuperuser(
                "UPDATE pgtrickle.pgt_watermarks SET updated_at = now() - interval '2 h'");
        try (Session listener = database.session()) {
            listener.execute("LISTEN pgtrickle_alert", "LISTEN pgtrickle_watermark");
            // The service takes the setting when it looks at the catalog next.
            await(
                    () -> load(2),
                    "SELECT ("
                            + skips("totals")
                            + ") LIKE 'watermark stuck: public.orders, not advanced for 72%'",
                    "t");
            assertThat(heard(listener))
                    .anyMatch(it ->
                            it.startsWith("pgtrickle_alert")
                                    && it.contains("\"event\": \"watermark_stuck\"")
                                    && it.contains("\"group\": \"g\"")
                                    && it.contains("public.totals"));
            try (Session other = database.session()) {
                other.execute("SELECT pgtrickle.advance_watermark('orders', '2026-01-02')");
            }
            awaitEqual(STORED, TOTALS);
            assertThat(heard(listener))
                    .anyMatch(it -> it.contains("\"event\": \"watermark_resumed\""))
                    .contains(
                            "pgtrickle_watermark wm:"
                                    + session.value("SELECT 'orders'::regclass::oid"));
        }
    }
}
