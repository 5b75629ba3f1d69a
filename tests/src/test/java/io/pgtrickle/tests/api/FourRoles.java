package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/// Four roles in a database: Carl owns the sources, Ann and Bob may read them and put triggers on
/// them, and the role that installed pg_trickle, and runs its service, has no rights on them at
/// all.
abstract class FourRoles {
    static final String SUMS =
            "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer";

    static ApiDatabase database;
    static String ann;
    static String bob;
    private static String carlsRole;

    /// Owns the sources.
    Session carl;

    Session installer;

    /// Ann's.
    Session session;

    @BeforeAll
    static void start() {
        database = ApiDatabase.create();
        ann = database.owner() + "_ann";
        bob = database.owner() + "_Bob \"x\"";
        carlsRole = database.owner() + "_carl";
        database.asSuperuser(
                "CREATE ROLE " + ann + " LOGIN",
                "CREATE ROLE " + quoted(bob) + " LOGIN",
                "CREATE ROLE " + carlsRole + " LOGIN");
    }

    @AfterAll
    static void stop() {
        database.asSuperuser(
                "DROP OWNED BY " + ann + ", " + quoted(bob) + ", " + carlsRole,
                "DROP ROLE " + ann + ", " + quoted(bob) + ", " + carlsRole);
        database.close();
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    @BeforeEach
    void tables() {
        installer = database.session();
        database.asSuperuser(
                "DROP SCHEMA IF EXISTS shop, ann CASCADE",
                "CREATE SCHEMA ann",
                "GRANT ALL ON SCHEMA ann TO " + ann + ", " + quoted(bob),
                "CREATE SCHEMA shop AUTHORIZATION " + carlsRole,
                "GRANT USAGE ON SCHEMA shop TO " + ann + ", " + quoted(bob));
        carl = database.session(carlsRole);
        carl.execute(
                "SET search_path = shop",
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount numeric)",
                "INSERT INTO orders (customer, amount) VALUES (1, 10), (1, 20), (2, 5)",
                "GRANT SELECT, TRIGGER ON orders TO " + ann + ", " + quoted(bob));
        session = database.session(ann);
        session.execute("SET search_path = ann, shop");
    }

    /// Closes what a test has opened beside.
    void close() {}

    @AfterEach
    void clean() {
        close();
        session.close();
        String remaining =
                "SELECT format('%I.%I', pgt_schema, pgt_name) FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id DESC";
        for (List<String> name : installer.query(remaining)) {
            drop("SELECT pgtrickle.drop_stream_table('" + name.getFirst() + "', true)");
        }
        carl.close();
        database.asSuperuser("DROP SCHEMA shop, ann CASCADE");
        assertThat(
                        installer.query(
                                "SELECT relname FROM pg_class WHERE relname ~ '^(state|changes|open)_' AND relnamespace IN"
                                        + " ('pgtrickle_owned'::regnamespace, 'pgtrickle_changes'::regnamespace)"))
                .isEmpty();
        installer.close();
    }

    /// Again, when the service was at the same tables.
    private static void drop(String call) {
        for (int attempt = 1; ; attempt++) {
            try {
                database.asSuperuser(call);
                return;
            } catch (IllegalStateException e) {
                boolean deadlock =
                        e.getCause() instanceof SQLException cause
                                && "40P01".equals(cause.getSQLState());
                if (!deadlock || attempt == 5) {
                    throw e;
                }
            }
        }
    }

    static String create(String name, String query) {
        return "SELECT pgtrickle.create_stream_table('" + name + "', $q$" + query + "$q$, '1h')";
    }

    static String refresh(String name) {
        return "SELECT pgtrickle.refresh_stream_table('" + name + "')";
    }

    final List<List<String>> totals() {
        return session.query("SELECT customer, total FROM totals ORDER BY customer");
    }

    final void await(String sql, String value) {
        Instant end = Instant.now().plus(Duration.ofSeconds(30));
        while (!session.value(sql).equals(value) && Instant.now().isBefore(end)) {
            session.execute("SELECT pg_sleep(0.02)");
        }
        assertThat(session.value(sql)).isEqualTo(value);
    }
}
