package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.util.PSQLException;

/// A stream table is a table with all that belongs to one, except that only its refresh writes to
/// it.
final class GuardTest extends FourRoles {
    private static final List<String> WRITES =
            List.of(
                    "INSERT INTO ann.totals (customer, total) VALUES (9, 9)",
                    "INSERT INTO ann.totals (customer, total) SELECT 9, 9 WHERE false",
                    "UPDATE ann.totals SET total = 0",
                    "DELETE FROM ann.totals",
                    "TRUNCATE ann.totals",
                    "MERGE INTO ann.totals t USING (VALUES (1)) v(c) ON t.customer = v.c WHEN MATCHED THEN DELETE",
                    "COPY ann.totals (customer, total) FROM PROGRAM 'echo 9'");

    @BeforeEach
    void streamTable() {
        session.execute(create("totals", SUMS));
    }

    private void refused(Session by, String write) {
        assertThatThrownBy(() -> by.execute(write))
                .as(write)
                .satisfies(e ->
                        assertThat(e.getCause())
                                .isInstanceOfSatisfying(
                                        PSQLException.class,
                                        it -> assertThat(it.getSQLState()).isEqualTo("P0001")))
                .hasMessageContaining("stream table ann.totals")
                .hasMessageContaining("drop the stream table");
    }

    @Test
    void withoutASecretNoMarkIsGood() {
        try (Session superuser = database.superuser()) {
            superuser.execute(
                    "BEGIN",
                    "ALTER SEQUENCE pgtrickle.pgt_secret_2 RESTART",
                    "SET LOCAL pg_trickle.refreshing = 'x'");
            refused(superuser, "DELETE FROM ann.totals");
            superuser.execute("ROLLBACK");
        }
    }

    @Test
    void nobodyWritesToIt() {
        try (Session superuser = database.superuser()) {
            WRITES.forEach(write -> refused(superuser, write));
        }
        WRITES.subList(0, 6).forEach(write -> refused(session, write));
        assertThat(totals()).hasSize(2);
    }

    @Test
    void theMarkOfARefreshCannotBeForgedOrKept() {
        session.execute(
                "BEGIN",
                "SELECT set_config('pg_trickle.refreshing', (SELECT oid FROM pg_class WHERE relname = 'totals') || ':"
                        + "0".repeat(64)
                        + "', true)",
                "SAVEPOINT a");
        refused(session, WRITES.getFirst());
        session.execute("ROLLBACK TO a");
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
        session.execute(refresh("totals"), "SAVEPOINT a");
        refused(session, WRITES.getFirst());
        session.execute("ROLLBACK TO a", refresh("totals"), "SAVEPOINT a");
        refused(session, WRITES.getFirst());
        session.execute("ROLLBACK");
        session.execute("SELECT * FROM pgtrickle.explain_st('totals', true)");
        refused(session, WRITES.getFirst());
        // The changes are there for a refresh and for nobody else.
        String buffer =
                "pgtrickle_changes.open_" + carl.value("SELECT 'shop.orders'::regclass::oid");
        assertThat(session.query("SELECT * FROM " + buffer)).isEmpty();
        assertThatThrownBy(
                        () -> session.execute("INSERT INTO " + buffer + " (row_count) VALUES (0)"))
                .hasMessageContaining("check option");
        assertThatThrownBy(
                        () -> session.query("SELECT * FROM " + buffer.replace("open", "changes")))
                .hasMessageContaining("permission denied");
    }

    @Test
    void whatBelongsToATableStaysAcrossRefreshes() {
        carl.execute(
                "CREATE TABLE customers (id int PRIMARY KEY)",
                "INSERT INTO customers VALUES (1), (2), (3)",
                "GRANT SELECT, REFERENCES ON customers TO " + ann);
        session.execute(
                "CREATE INDEX totals_by_total ON totals (total DESC)",
                "ALTER TABLE totals ADD CONSTRAINT known FOREIGN KEY (customer) REFERENCES customers",
                "ALTER TABLE totals ADD CONSTRAINT positive CHECK (total > 0)",
                "COMMENT ON TABLE totals IS 'sums'",
                "GRANT SELECT ON totals TO " + quoted(bob),
                "CLUSTER totals USING totals_by_total",
                "ANALYZE totals");
        database.asSuperuser("CREATE PUBLICATION pub FOR TABLE ann.totals");
        carl.execute("INSERT INTO orders (customer, amount) VALUES (3, 7)");
        session.execute(
                refresh("totals"),
                "SELECT pgtrickle.repair_stream_table('totals')",
                "SELECT pgtrickle.alter_stream_table('totals', query => $q$SELECT customer, sum(amount) AS total FROM orders"
                        + " WHERE amount > 0 GROUP BY customer$q$)");
        assertThat(totals()).hasSize(3);
        assertThat(
                        session.query(
                                "SELECT obj_description('totals'::regclass), (SELECT count(*) FROM pg_constraint WHERE conname IN"
                                        + " ('known', 'positive')), to_regclass('totals_by_total'), (SELECT count(*) FROM"
                                        + " pg_publication_tables WHERE tablename = 'totals')"))
                .containsExactly(List.of("sums", "2", "totals_by_total", "1"));
        carl.execute("INSERT INTO orders (customer, amount) VALUES (4, 7)");
        assertThatThrownBy(() -> session.execute(refresh("totals")))
                .hasMessageContaining("violates foreign key constraint");
        carl.execute("INSERT INTO customers VALUES (4)");
        session.execute(refresh("totals"));
        assertThat(totals()).hasSize(4);
        try (Session other = database.session(bob)) {
            assertThat(other.query("SELECT * FROM ann.totals")).hasSize(4);
        }
        database.asSuperuser("DROP PUBLICATION pub");
    }

    @Test
    void policiesOfAStreamTableFilterItsReaders() {
        session.execute(
                "GRANT SELECT ON totals TO " + quoted(bob),
                "ALTER TABLE totals ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY two ON totals USING (customer = 2)");
        carl.execute("UPDATE orders SET amount = amount + 1");
        session.execute(refresh("totals"));
        assertThat(totals()).containsExactly(List.of("1", "32"), List.of("2", "6"));
        try (Session other = database.session(bob)) {
            assertThat(other.query("SELECT customer, total FROM ann.totals"))
                    .containsExactly(List.of("2", "6"));
            // Who sees only some rows may not have all of them copied, nor their changes.
            other.execute("SET search_path = ann, shop");
            for (String mode : List.of("DIFFERENTIAL", "FULL")) {
                assertThatThrownBy(() ->
                                other.execute(
                                        "SELECT pgtrickle.create_stream_table('copied', 'SELECT customer, total FROM totals',"
                                                + " refresh_mode => '"
                                                + mode
                                                + "')"))
                        .hasMessageContaining("row-level security");
            }
        }
        session.execute("ALTER TABLE totals FORCE ROW LEVEL SECURITY");
        carl.execute("UPDATE orders SET amount = amount + 1");
        assertThatThrownBy(() -> session.execute(refresh("totals")))
                .hasMessageContaining("row-level security policy for table \"totals\"")
                .hasMessageContaining("NO FORCE ROW LEVEL SECURITY");
        session.execute("ALTER TABLE totals NO FORCE ROW LEVEL SECURITY", refresh("totals"));
        assertThat(totals()).containsExactly(List.of("1", "34"), List.of("2", "7"));
    }

    @Test
    void aPolicyOfASourceRefusesThoseWhomItFilters() {
        carl.execute(
                "ALTER TABLE orders ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY two ON orders USING (customer = 2)",
                "INSERT INTO orders (customer, amount) VALUES (1, 7)");
        assertThatThrownBy(() -> session.execute(refresh("totals")))
                .hasMessageContaining("row-level security");
        assertThatThrownBy(() -> session.execute(create("again", SUMS)))
                .hasMessageContaining("row-level security");
        assertThat(totals()).containsExactly(List.of("1", "30"), List.of("2", "5"));
        database.asSuperuser("ALTER ROLE " + ann + " BYPASSRLS");
        session.execute(refresh("totals"));
        assertThat(totals()).containsExactly(List.of("1", "37"), List.of("2", "5"));
        database.asSuperuser("ALTER ROLE " + ann + " NOBYPASSRLS");
    }
}
