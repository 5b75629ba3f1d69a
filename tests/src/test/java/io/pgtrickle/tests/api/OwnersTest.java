package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A role that only may read the sources and put triggers on them has stream tables of its own. The
/// role that installed pg_trickle, and runs its service, has no rights on the sources at all.
final class OwnersTest extends FourRoles {
    @Test
    void theCreatorOwnsWhatIsMade() {
        session.execute(create("totals", SUMS));
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "5"));
        assertThat(session.value("SELECT tableowner FROM pg_tables WHERE tablename = 'totals'"))
                .isEqualTo(ann);
        assertThat(
                        session.value(
                                "SELECT refresh_mode FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'totals'"))
                .isEqualTo("DIFFERENTIAL");
    }

    @Test
    void theWholeLife() {
        session.execute(create("totals", SUMS));
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        session.execute(refresh("totals"));
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "12"));
        session.execute(
                create("big", "SELECT customer FROM totals WHERE total > 11"),
                create(
                        "nested",
                        "SELECT n, count(*) AS customers FROM (SELECT customer, count(*) AS n FROM orders GROUP BY customer) c"
                                + " GROUP BY n"));
        carl.execute("DELETE FROM orders WHERE customer = 1");
        session.execute("SELECT pgtrickle.refresh_all_stream_tables()");
        assertThat(session.query("SELECT customer FROM big")).containsExactly(List.of("2"));
        assertThat(session.query("SELECT n, customers FROM nested"))
                .containsExactly(List.of("2", "1"));
        session.execute(
                "SELECT pgtrickle.alter_stream_table('nested', query => 'SELECT customer, amount FROM orders', schedule => '2h')",
                "SELECT pgtrickle.alter_stream_table('nested', refresh_mode => 'FULL')",
                "SELECT pgtrickle.alter_stream_table('nested', refresh_mode => 'DIFFERENTIAL')");
        carl.execute("UPDATE orders SET amount = amount + 1");
        session.execute(refresh("nested"), "SELECT pgtrickle.repair_stream_table('nested')");
        assertThat(session.query("SELECT customer, amount FROM nested ORDER BY amount"))
                .containsExactly(List.of("2", "6"), List.of("2", "8"));
        session.execute(
                "SELECT pgtrickle.alter_stream_table('totals', status => 'SUSPENDED')",
                "SELECT pgtrickle.resume_stream_table('totals')",
                "SELECT pgtrickle.create_or_replace_stream_table('totals', '"
                        + SUMS
                        + "', schedule => '3h')");
        assertThat(session.query("SELECT property FROM pgtrickle.explain_st('totals', true)"))
                .contains(List.of("explain_analyze"));
        assertThat(session.query("SELECT * FROM pgtrickle.explain_delta('totals')")).isNotEmpty();
        assertThat(session.query("SELECT * FROM pgtrickle.validate_query('" + SUMS + "')"))
                .isNotEmpty();
        session.execute(
                "SELECT pgtrickle.drop_stream_table('nested')",
                "SELECT pgtrickle.drop_stream_table('totals', cascade => true)");
        assertThat(carl.query("SELECT tgname FROM pg_trigger WHERE tgrelid = 'orders'::regclass"))
                .isEmpty();
    }

    @Test
    void theServiceRefreshesIt() throws Exception {
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', $q$" + SUMS + "$q$, '100ms')",
                "SELECT pgtrickle.create_stream_table('everything', 'SELECT customer, total, random() AS r FROM totals',"
                        + " '100ms')",
                "SELECT pgtrickle.create_stream_table('late', $q$SELECT DISTINCT n FROM (SELECT customer, count(*) AS n"
                        + " FROM orders GROUP BY customer) c$q$, '100ms', initialize => false)");
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        await("SELECT total FROM totals WHERE customer = 2", "12");
        await("SELECT total FROM everything WHERE customer = 2", "12");
        await("SELECT count(*) FROM late", "1");
    }

    @Test
    void othersMustBeOwners() {
        session.execute(create("totals", SUMS), "GRANT SELECT ON totals TO " + quoted(bob));
        try (Session other = database.session(bob)) {
            other.execute("SET search_path = ann, shop");
            for (String call :
                    List.of(
                            refresh("totals"),
                            "SELECT pgtrickle.repair_stream_table('totals')",
                            "SELECT pgtrickle.drop_stream_table('totals')",
                            "SELECT pgtrickle.alter_stream_table('totals', schedule => '5h')",
                            "SELECT pgtrickle.resume_stream_table('totals')",
                            "SELECT pgtrickle.create_or_replace_stream_table('totals', 'SELECT 1 AS one FROM orders')",
                            "SELECT * FROM pgtrickle.explain_st('totals', true)")) {
                assertThatThrownBy(() -> other.execute(call))
                        .as(call)
                        .hasMessageContaining("must be owner of stream table ann.totals");
            }
            assertThat(other.query("SELECT * FROM pgtrickle.explain_st('totals')")).isNotEmpty();
            database.asSuperuser("GRANT " + ann + " TO " + quoted(bob));
            carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
            other.execute(refresh("totals"));
            assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
            database.asSuperuser("REVOKE " + ann + " FROM " + quoted(bob));
        }
    }

    @Test
    void aCycleIsRefreshedWithTheRightsOfItsOwner() {
        session.execute(
                "SET pg_trickle.allow_circular = on",
                create("paths", "SELECT customer, amount::int AS other FROM orders"),
                create(
                        "longer",
                        "SELECT p.customer, o.amount::int AS other FROM paths p JOIN orders o ON o.customer = p.other"),
                "SELECT pgtrickle.alter_stream_table('paths', query => 'SELECT customer, amount::int AS other FROM orders"
                        + " UNION SELECT customer, other FROM longer')",
                create("ends", "SELECT other, count(*) AS n FROM paths GROUP BY other"));
        String expected =
                "WITH RECURSIVE p(customer, other) AS (SELECT customer, amount::int FROM orders UNION"
                        + " SELECT p.customer, o.amount::int FROM p JOIN orders o ON o.customer = p.other)"
                        + " SELECT customer, other FROM p ORDER BY 1, 2";
        for (String change :
                List.of(
                        "INSERT INTO orders (customer, amount) VALUES (1, 2), (2, 1), (2, 3)",
                        "DELETE FROM orders WHERE amount = 1",
                        "UPDATE orders SET amount = 1 WHERE amount = 3")) {
            carl.execute(change);
            session.execute(refresh("longer"), refresh("ends"));
            assertThat(session.query("SELECT customer, other FROM paths ORDER BY 1, 2"))
                    .as(change)
                    .isEqualTo(session.query(expected));
            assertThat(session.query("SELECT other, n FROM ends ORDER BY 1"))
                    .isEqualTo(
                            session.query(
                                    "SELECT other, count(*) FROM paths GROUP BY other ORDER BY 1"));
        }
        assertThat(session.value("SELECT count(*) FROM paths WHERE customer = other"))
                .isEqualTo("2");
        session.execute("SELECT pgtrickle.drop_stream_table('paths', cascade => true)");
        assertThat(session.query("SELECT name FROM pgtrickle.pgt_status()")).isEmpty();
    }

    @Test
    void twoOwnersShareASource() {
        session.execute(create("totals", SUMS));
        try (Session other = database.session(bob)) {
            other.execute(
                    "SET search_path = ann",
                    create("\"My \"\"Sums\"", SUMS.replace("orders", "shop.orders")));
            carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
            session.execute(refresh("totals"));
            other.execute(refresh("\"My \"\"Sums\""));
            assertThat(other.query("SELECT total FROM \"My \"\"Sums\" ORDER BY 1"))
                    .containsExactly(List.of("12"), List.of("30"));
            assertThatThrownBy(() -> other.query("SELECT * FROM totals"))
                    .hasMessageContaining("permission denied");
        }
    }

    @Test
    void aSuperusersCallIsTheInstallers() {
        session.execute(create("totals", SUMS));
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        installer.execute("CREATE TABLE public.visits (customer int)");
        database.asSuperuser(
                refresh("ann.totals"),
                create("public.supers", "SELECT customer FROM public.visits"));
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
        assertThat(session.value("SELECT tableowner FROM pg_tables WHERE tablename = 'supers'"))
                .isEqualTo(database.owner());
        database.asSuperuser("SELECT pgtrickle.drop_stream_table('public.supers')");
        installer.execute("DROP TABLE public.visits");
    }

    @Test
    void whatIsNotGrantedIsSaid() {
        carl.execute("REVOKE TRIGGER ON orders FROM " + ann);
        assertThatThrownBy(() -> session.execute(create("totals", SUMS)))
                .hasMessageContaining("permission denied for table shop.orders")
                .hasMessageContaining("GRANT TRIGGER ON");
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', $q$"
                        + SUMS
                        + "$q$, refresh_mode => 'FULL')");
        carl.execute("REVOKE SELECT ON orders FROM " + ann);
        assertThatThrownBy(() -> session.execute(refresh("totals")))
                .hasMessageContaining("permission denied for table orders")
                .hasMessageContaining(
                        "ann.totals is refreshed with the rights of its owner " + ann);
        carl.execute("GRANT SELECT (customer, amount), TRIGGER ON orders TO " + ann);
        session.execute(refresh("totals"));
        assertThatThrownBy(() ->
                        session.execute(
                                "SELECT pgtrickle.alter_stream_table('totals', refresh_mode => 'DIFFERENTIAL')"))
                .hasMessageContaining("permission denied for table shop.orders")
                .hasMessageContaining("whole table");
    }

    @Test
    void whatIsRevokedLaterFailsAndTheOthersGoOn() {
        session.execute(create("totals", SUMS));
        try (Session other = database.session(bob)) {
            other.execute("SET search_path = ann, shop", create("bobs", SUMS));
            carl.execute(
                    "REVOKE SELECT ON orders FROM " + ann,
                    "INSERT INTO orders (customer, amount) VALUES (2, 7)");
            assertThatThrownBy(() -> session.execute(refresh("totals")))
                    .hasMessageContaining("permission denied for table")
                    .hasMessageContaining("rights of its owner " + ann);
            other.execute(refresh("bobs"));
            assertThat(other.value("SELECT total FROM bobs WHERE customer = 2")).isEqualTo("12");
        }
        carl.execute("GRANT SELECT ON orders TO " + ann);
        session.execute(refresh("totals"));
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
    }
}
