package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What a logical restore brings is about another database's relations, until it is taken over.
final class RestoreTest {
    private static final String DIFFERENCE =
            "SELECT count(*) FROM ((SELECT customer, sum(amount) FROM orders GROUP BY customer EXCEPT ALL SELECT customer, total"
                    + " FROM totals) UNION ALL (SELECT customer, total FROM totals EXCEPT ALL SELECT customer, sum(amount) FROM"
                    + " orders GROUP BY customer)) d";

    static void tables(Session session) {
        session.execute(
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount int)",
                "INSERT INTO orders (customer, amount) VALUES (1, 10), (1, 20), (2, 5)",
                "SELECT pgtrickle.create_stream_table('totals', 'SELECT customer, sum(amount) AS total FROM orders"
                        + " GROUP BY customer', schedule => '50ms')",
                "SELECT pgtrickle.create_stream_table('large', 'SELECT customer, total, (SELECT count(*) FROM orders) AS n FROM"
                        + " totals WHERE total > 20', schedule => '50ms')",
                "INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids) VALUES ('together',"
                        + " ARRAY['totals'::regclass::oid, 'large'::regclass::oid])");
    }

    /// The stream tables follow again.
    static void followsAgain(Session session) {
        session.execute("INSERT INTO orders (customer, amount) VALUES (7, 700)");
        String large =
                "SELECT (SELECT jsonb_agg(l ORDER BY customer) FROM (SELECT customer, total, n FROM large) l)"
                        + " = (SELECT jsonb_agg(q ORDER BY customer) FROM (SELECT customer, total, (SELECT count(*) FROM orders)"
                        + " AS n FROM totals WHERE total > 20) q)";
        for (int i = 0; i < 400; i++) {
            if (session.value(DIFFERENCE).equals("0") && session.value(large).equals("t")) {
                break;
            }
            session.value("SELECT pg_sleep(0.05)");
        }
        assertThat(session.value(DIFFERENCE)).isEqualTo("0");
        assertThat(session.value(large)).isEqualTo("t");
        assertThat(session.value("SELECT pgtrickle.is_restored()")).isEqualTo("f");
        assertThat(
                        session.value(
                                "SELECT count(*) FROM pgtrickle.pgt_refresh_groups, unnest(member_oids) m JOIN"
                                        + " pgtrickle.pgt_stream_tables ON pgt_relid = m"))
                .isEqualTo("2");
        assertThat(
                        session.value(
                                "SELECT count(*) FROM pgtrickle.pgt_stream_tables s JOIN pg_class c ON c.oid = s.pgt_relid"
                                        + " AND c.relname = s.pgt_name"))
                .isEqualTo("2");
        session.execute("DELETE FROM orders WHERE customer = 7");
        session.execute(
                "SELECT pgtrickle.refresh_stream_table('totals')",
                "SELECT pgtrickle.refresh_stream_table('large')");
        assertThat(session.value(DIFFERENCE)).isEqualTo("0");
        assertThat(
                        session.query(
                                "SELECT DISTINCT effective_refresh_mode FROM pgtrickle.pgt_stream_tables"))
                .containsExactly(List.of("DIFFERENTIAL"));
    }

    @Test
    void aCatalogOfAnotherDatabaseIsTakenOver() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            tables(session);
            database.stopService();
            session.execute("INSERT INTO orders (customer, amount) VALUES (2, 100)");
            // What restoring makes of the catalog: OIDs that are nobody's, or somebody else's.
            session.execute(
                    "UPDATE pgtrickle.pgt_refresh_groups SET member_oids = ARRAY(SELECT m + 1000000 FROM unnest(member_oids::bigint[]) m)",
                    "UPDATE pgtrickle.pgt_stream_tables SET catalog_oid = 1, pgt_relid = (pgt_relid::bigint + 1000000)::oid",
                    "UPDATE pgtrickle.pgt_dependencies SET source_relid = (source_relid::bigint + 1000000)::oid",
                    "UPDATE pgtrickle.captured_sources SET source_relid = (source_relid::bigint + 1000000)::oid",
                    "INSERT INTO orders (customer, amount) VALUES (3, 30)");
            assertThat(session.value("SELECT pgtrickle.is_restored()")).isEqualTo("t");
            database.startService();
            followsAgain(session);
        }
    }

    @Test
    void theProgramTakesOverToo() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            tables(session);
            database.stopService();
            session.execute(
                    "UPDATE pgtrickle.pgt_stream_tables SET catalog_oid = 1, pgt_relid = (pgt_relid::bigint + 1000000)::oid",
                    "INSERT INTO orders (customer, amount) VALUES (3, 30)");
            assertThat(database.streamTables().refresh("totals").action().name())
                    .isEqualTo("REINITIALIZE");
            assertThat(session.value(DIFFERENCE)).isEqualTo("0");
        }
    }

    @Test
    void theDumpMakesThemAgain() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            tables(session);
            session.execute(
                    "SELECT pgtrickle.create_stream_table('\"Odd $query$ one\"', 'SELECT id FROM orders ORDER BY id LIMIT 2',"
                            + " schedule => '3s', refresh_mode => 'FULL', max_differential_joins => 3)",
                    "SELECT pgtrickle.alter_stream_table('large', tier => 'cold', fuse => 'on', fuse_ceiling => 9)",
                    "SELECT pgtrickle.alter_stream_table('\"Odd $query$ one\"', status => 'SUSPENDED')");
            String dump = session.value("SELECT pgtrickle.dump_stream_tables()");
            String all =
                    "SELECT pgt_schema, pgt_name, defining_query, schedule, refresh_mode, requested_refresh_mode, status,"
                            + " refresh_tier, fuse_mode, fuse_ceiling, max_differential_joins FROM pgtrickle.pgt_stream_tables"
                            + " ORDER BY pgt_name";
            List<List<String>> before = session.query(all);
            session.execute(
                    "SELECT pgtrickle.drop_stream_table('totals', cascade => true)",
                    "SELECT pgtrickle.drop_stream_table('\"Odd $query$ one\"')",
                    "SET search_path = pg_catalog");
            session.execute(dump);
            assertThat(session.query(all)).isEqualTo(before);
            session.execute("SET search_path = public");
            assertThat(session.value(DIFFERENCE)).isEqualTo("0");
            // Once more changes nothing.
            session.execute(dump);
            assertThat(session.query(all)).isEqualTo(before);
        }
    }
}
