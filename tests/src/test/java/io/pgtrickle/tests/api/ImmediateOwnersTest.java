package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Whose rights are needed and used when stream tables follow within the transactions of others:
/// Ann's when hers is maintained, and none of the writers' on anything but what they write.
final class ImmediateOwnersTest extends FourRoles {

    @BeforeEach
    void mayLockAndWrite() {
        carl.execute(
                "GRANT UPDATE ON orders TO " + ann,
                "GRANT INSERT ON orders TO " + quoted(bob),
                "CREATE TABLE customers (id int PRIMARY KEY, name text)",
                "INSERT INTO customers VALUES (1, 'one'), (2, 'two')",
                "GRANT SELECT, TRIGGER, UPDATE ON customers TO " + ann,
                "CREATE TABLE secrets (secret text)",
                "INSERT INTO secrets VALUES ('s')");
    }

    private static String follow(String name, String query) {
        return "SELECT pgtrickle.create_stream_table('"
                + name
                + "', $q$"
                + query
                + "$q$, refresh_mode => 'IMMEDIATE')";
    }

    private Session writer() {
        Session writer = database.session(bob);
        writer.execute("SET search_path = shop");
        return writer;
    }

    @Test
    void whoMayNotLockMayNotMakeWritersWait() {
        carl.execute("REVOKE UPDATE ON orders FROM " + ann);
        assertThatThrownBy(() -> session.execute(follow("totals", SUMS)))
                .hasMessageContaining("permission denied to lock table shop.orders")
                .hasMessageContaining("GRANT UPDATE, DELETE or TRUNCATE");
    }

    @Test
    void writersNeedNoOtherRight() {
        session.execute(
                follow("totals", SUMS),
                follow(
                        "named",
                        "SELECT c.name, o.amount FROM orders o JOIN customers c ON c.id = o.customer"),
                follow("large", "SELECT customer FROM totals WHERE total > 100"));
        try (Session writer = writer()) {
            writer.execute(
                    "INSERT INTO orders (customer, amount) VALUES (2, 7)",
                    "INSERT INTO orders (customer, amount) SELECT 3, i FROM generate_series(1, 100) i");
            assertThatThrownBy(() -> writer.query("SELECT * FROM ann.totals"))
                    .hasMessageContaining("permission denied");
        }
        assertThat(totals())
                .containsExactly(List.of("1", "30"), List.of("2", "12"), List.of("3", "5050"));
        assertThat(session.query("SELECT customer FROM large")).containsExactly(List.of("3"));
        assertThat(session.value("SELECT count(*) FROM named")).isEqualTo("4");
        carl.execute("BEGIN", "TRUNCATE orders");
        carl.execute("INSERT INTO orders (customer, amount) VALUES (1, 1)", "COMMIT");
        assertThat(totals()).containsExactly(List.of("1", "1"));
        database.asSuperuser("INSERT INTO shop.orders (customer, amount) VALUES (1, 4)");
        assertThat(totals()).containsExactly(List.of("1", "5"));
        session.execute(
                "SELECT pgtrickle.alter_stream_table('named', refresh_mode => 'DIFFERENTIAL')",
                "SELECT pgtrickle.drop_stream_table('large')",
                "SELECT pgtrickle.alter_stream_table('totals', refresh_mode => 'FULL')",
                "SELECT pgtrickle.alter_stream_table('totals', refresh_mode => 'IMMEDIATE')",
                refresh("totals"));
        carl.execute("UPDATE orders SET customer = 2");
        assertThat(totals()).containsExactly(List.of("2", "5"));
    }

    @Test
    void aRightThatTheOwnerLosesStopsWritersAndSaysSo() {
        session.execute(
                follow(
                        "named",
                        "SELECT c.name, o.amount FROM orders o JOIN customers c ON c.id = o.customer"));
        carl.execute("REVOKE SELECT ON customers FROM " + ann);
        try (Session writer = writer()) {
            assertThatThrownBy(() ->
                            writer.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)"))
                    .hasMessageContaining("stream table ann.named cannot follow this statement")
                    .hasMessageContaining("permission denied for table customers")
                    .hasMessageContaining("Hint");
            carl.execute("GRANT SELECT ON customers TO " + ann);
            writer.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
            carl.execute("REVOKE SELECT ON customers FROM " + ann);
            session.execute("SELECT pgtrickle.drop_stream_table('named')");
            writer.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        }
    }

    @Test
    void theQuerysCodeHasTheOwnersRights() {
        session.execute(
                """
                CREATE FUNCTION ann.look(amount numeric) RETURNS numeric LANGUAGE plpgsql IMMUTABLE AS $$
                BEGIN RETURN ann.look_around(amount); END $$\
                """,
                """
                CREATE FUNCTION ann.look_around(amount numeric) RETURNS numeric LANGUAGE plpgsql AS $$
                DECLARE found text; BEGIN
                    BEGIN SELECT secret INTO found FROM shop.secrets; EXCEPTION WHEN insufficient_privilege THEN found := 'denied'; END;
                    BEGIN EXECUTE 'SET ROLE NONE'; EXCEPTION WHEN OTHERS THEN found := found || ', ' || SQLERRM; END;
                    BEGIN EXECUTE 'RESET SESSION AUTHORIZATION'; EXCEPTION WHEN OTHERS THEN found := found || ', ' || SQLERRM; END;
                    PERFORM set_config('ann.seen', concat(current_user, ' ', found), false);
                    RETURN amount; END $$\
                """,
                follow("looked", "SELECT id, ann.look(amount) AS amount FROM orders"));
        for (String statement :
                List.of(
                        "INSERT INTO shop.orders (customer, amount) VALUES (2, 7)",
                        "INSERT INTO shop.orders (customer, amount) SELECT 2, i FROM generate_series(1, 100) i",
                        "TRUNCATE shop.orders; INSERT INTO shop.orders (customer, amount) VALUES (2, 7)")) {
            try (Session superuser = database.superuser()) {
                superuser.execute(statement);
                assertThat(superuser.value("SELECT current_setting('ann.seen')"))
                        .startsWith(ann + " denied, cannot set parameter \"role\"")
                        .contains("cannot set parameter \"session_authorization\"");
            }
        }
    }

    @Test
    void functionsThatTheOwnerAltersAreNotCalled() {
        session.execute(follow("totals", SUMS));
        String function =
                session.value(
                        "SELECT oid::regprocedure FROM pg_proc WHERE proname ~ '^apply_[0-9]+_1$' ORDER BY oid DESC LIMIT 1");
        session.execute("ALTER FUNCTION " + function + " SECURITY INVOKER");
        assertThatThrownBy(
                        () -> carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)"))
                .hasMessageContaining("stream table ann.totals cannot follow this statement")
                .hasMessageContaining("not what pg_trickle has made");
        session.execute(
                "SELECT pgtrickle.alter_stream_table('totals', refresh_mode => 'IMMEDIATE')");
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
    }

    /// Any role can make functions where the owners' are, with parameters that fit better.
    @Test
    void functionsOfTheSameNamesAreNotCalled() {
        session.execute(follow("totals", SUMS));
        carl.execute(
                "GRANT USAGE ON SCHEMA shop TO " + database.owner(),
                "GRANT SELECT, TRIGGER, UPDATE ON orders TO " + database.owner());
        installer.execute(
                follow(
                        "public.of_installer",
                        "SELECT customer, count(*) AS n FROM shop.orders GROUP BY customer"));
        try (Session writer = writer()) {
            List<List<String>> names =
                    installer.query(
                            "SELECT DISTINCT proname FROM pg_proc WHERE proname ~ '^(apply|slots|recompute)_[0-9]'");
            assertThat(names).hasSizeGreaterThan(5);
            List<List<String>> types =
                    installer.query(
                            "SELECT oid::regtype::text FROM pg_type WHERE typname ~ '^row_[0-9]+$'");
            assertThat(types).isNotEmpty();
            for (List<String> name : names) {
                for (List<String> type : types) {
                    for (String parameters :
                            List.of(
                                    "%1$s[], %1$s[]".formatted(type.getFirst()),
                                    "int",
                                    "VARIADIC bigint[]")) {
                        writer.execute(
                                "CREATE OR REPLACE FUNCTION pgtrickle_owned.%s(%s) RETURNS bigint[] LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called by %%'', current_user; END'"
                                        .formatted(name.getFirst(), parameters));
                    }
                }
            }
        }
        carl.execute(
                "INSERT INTO orders (customer, amount) VALUES (2, 7)",
                "UPDATE orders SET amount = amount + 1",
                "INSERT INTO orders (customer, amount) SELECT 3, i FROM generate_series(1, 100) i",
                "TRUNCATE orders",
                "INSERT INTO orders (customer, amount) VALUES (4, 4)");
        assertThat(totals()).containsExactly(List.of("4", "4"));
        assertThat(installer.query("SELECT customer, n FROM of_installer"))
                .containsExactly(List.of("4", "1"));
    }

    @Test
    void writersCannotCallWhatMaintains() {
        session.execute(follow("totals", SUMS));
        try (Session writer = writer()) {
            for (String statement :
                    List.of(
                            "SELECT pgtrickle_changes.statement_ends()",
                            "SELECT pgtrickle_changes.statement_begins('{1}', true)",
                            "SELECT pgtrickle_changes.take_turns('{1}')",
                            "SELECT pgtrickle_changes.dispatch(1, 0)",
                            "SELECT pgtrickle_changes.flush(1, 0, 1)",
                            "SELECT pgtrickle._make_dispatch()",
                            "SELECT pgtrickle._drop_immediate(1)",
                            "INSERT INTO pgtrickle_changes.statements (depth, since, readers, number) VALUES (5, 0, '{}', 1)",
                            "SELECT FROM pgtrickle.pgt_immediate FOR UPDATE",
                            "UPDATE pgtrickle.pgt_immediate SET populated = false",
                            "UPDATE ann.totals SET total = 0")) {
                assertThatThrownBy(() -> writer.execute(statement))
                        .as(statement)
                        .hasMessageContaining("permission denied");
            }
            for (List<String> function :
                    installer.query(
                            "SELECT oid::regprocedure::text, pronargs FROM pg_proc WHERE pronamespace IN"
                                    + " ('pgtrickle_changes'::regnamespace, 'pgtrickle_owned'::regnamespace)"
                                    + " AND proname ~ '^(apply|recompute|flush|slots|bracket|capture)_'")) {
                assertThat(
                                writer.value(
                                        "SELECT has_function_privilege('"
                                                + function.getFirst()
                                                + "', 'EXECUTE')"))
                        .as(function.getFirst())
                        .isEqualTo("f");
            }
            writer.execute(
                    "SET pg_trickle.refreshing = 'x'",
                    "SET pg_trickle.woken = '1'",
                    "SET pg_trickle.own_ddl = 'on'",
                    "INSERT INTO orders (customer, amount) VALUES (2, 7)");
            assertThatThrownBy(() -> writer.execute("UPDATE ann.totals SET total = 0"))
                    .hasMessageContaining("permission denied");
        }
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
    }
}
