package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What plain SQL does to stream tables: dropping, renaming, moving. Nothing of ours is left
/// behind, at once where event triggers could be made, else when a service looks next.
final class PlainDropTest extends DatabaseTest {

    /// How it is noticed.
    enum Noticed {
        BY_EVENT_TRIGGERS,
        BY_A_SERVICE
    }

    /// Whatever is there for some source or stream table.
    private static final String LEFT =
            """
            SELECT 'trigger', tgname::text FROM pg_trigger WHERE tgname LIKE 'pg_trickle%'
            UNION ALL SELECT 'function', proname::text FROM pg_proc WHERE proname LIKE 'capture_%'
                AND pronamespace = 'pgtrickle_changes'::regnamespace
            UNION ALL SELECT 'relation', relname::text FROM pg_class WHERE relkind IN ('r', 'c')
                AND relnamespace = 'pgtrickle_changes'::regnamespace AND relname !~ '^(wake|statements|slots|arrangement)$'
            UNION ALL SELECT 'stream table', pgt_name FROM pgtrickle.pgt_stream_tables
            UNION ALL SELECT 'tracking', buffer_name FROM pgtrickle.captured_sources
            UNION ALL SELECT 'watched', identity FROM pgtrickle.pgt_watched
            """;

    private void begin(Noticed noticed) {
        if (noticed == Noticed.BY_A_SERVICE) {
            database.execute(
                    "DROP EVENT TRIGGER pg_trickle_ddl_tracker",
                    "DROP EVENT TRIGGER pg_trickle_drop_tracker");
        }
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, k int, v int)",
                "INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 20) i",
                "CREATE TABLE u (k int PRIMARY KEY)",
                "INSERT INTO u VALUES (1), (2)");
    }

    /// What a service does before it looks for work; nothing where event triggers have done it.
    private void look(Noticed noticed) {
        if (noticed == Noticed.BY_A_SERVICE) {
            look();
        }
    }

    private void look() {
        try (Connection connection = database.dataSource().getConnection()) {
            new SchedulerView().load(JdbcSession.of(connection));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void assertNothingIsLeft() {
        assertThat(database.query(LEFT)).isEmpty();
        database.execute("INSERT INTO t VALUES (1000, 1, 1)", "DELETE FROM t WHERE id = 1000");
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedTableLeavesNothing(Noticed noticed) {
        begin(noticed);
        create("s", "SELECT max(n) AS m FROM (SELECT k, count(*) AS n FROM t GROUP BY k) x");
        create("j", "SELECT t.id FROM t JOIN u USING (k)");
        database.execute("INSERT INTO t VALUES (21, 1, 1)", "DROP TABLE s");
        look(noticed);
        assertThat(refresh("j")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("j", "SELECT t.id FROM t JOIN u USING (k)");
        database.execute("DROP TABLE j");
        look(noticed);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedSchemaAndADroppedRoleLeaveNothing(Noticed noticed) {
        begin(noticed);
        String role = database.name() + "_r";
        database.execute("CREATE SCHEMA x", "CREATE TABLE x.own (a int)", "CREATE ROLE " + role);
        create("x.s", "SELECT k, count(*) AS n FROM t GROUP BY k");
        create("x.over", "SELECT sum(n) AS n FROM x.s");
        create("x.o", "SELECT a FROM x.own");
        create("r", "SELECT count(*) AS n FROM t");
        database.execute("ALTER TABLE r OWNER TO " + role, "DROP SCHEMA x CASCADE");
        look(noticed);
        assertThat(tables.list()).hasSize(1);
        database.execute("DROP OWNED BY " + role, "DROP ROLE " + role);
        look(noticed);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedSourceLeavesNoBufferAndAnErrorThatNamesIt(Noticed noticed) {
        begin(noticed);
        create("s", "SELECT k FROM u");
        create("over", "SELECT count(*) AS n FROM s");
        database.execute("INSERT INTO u VALUES (3)", "DROP TABLE u");
        look(noticed);
        assertThat(
                        database.query(
                                "SELECT relname FROM pg_class WHERE relname ~ '^(changes|row)_[0-9]+$'"))
                .isEmpty();
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("\"public.u\" does not exist");
        assertThat(tables.status("s").status()).isEqualTo("ERROR");
        refresh("over");
        database.execute("DROP TABLE s");
        look(noticed);
        assertThatThrownBy(() -> refresh("over"))
                .hasMessageContaining("\"public.s\" does not exist");
        assertThat(tables.status("over").status()).isEqualTo("ERROR");
        assertThat(tables.status("over").lastError().orElseThrow())
                .contains("relation public.s was dropped");
        database.execute("DROP TABLE over");
        look(noticed);
        assertNothingIsLeft();
    }

    @ParameterizedTest
    @EnumSource
    void namesFollow(Noticed noticed) {
        begin(noticed);
        database.execute("CREATE SCHEMA x");
        create("a", "SELECT id FROM t");
        create("b", "SELECT k FROM u");
        database.execute(
                "ALTER TABLE a RENAME TO c",
                "ALTER TABLE b RENAME TO a",
                "ALTER TABLE c RENAME TO b",
                "ALTER TABLE a SET SCHEMA x");
        look(noticed);
        assertThat(
                        database.query(
                                "SELECT pgt_schema, pgt_name FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id"))
                .containsExactly(List.of("public", "b"), List.of("x", "a"));
        database.execute("DELETE FROM t WHERE id = 1", "DELETE FROM u WHERE k = 1");
        assertThat(refresh("b")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("x.a")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("b", "SELECT id FROM t");
        assertFresh("x.a", "SELECT k FROM u");
        create("a", "SELECT count(*) AS n FROM t");
        database.execute("ALTER SCHEMA x RENAME TO y");
        look(noticed);
        assertThat(tables.status("y.a").name()).isEqualTo("y.a");
    }

    @Test
    void twoNamesAreExchangedAtOnce() {
        begin(Noticed.BY_A_SERVICE);
        create("a", "SELECT id FROM t");
        create("b", "SELECT k FROM u");
        database.execute(
                "ALTER TABLE a RENAME TO c",
                "ALTER TABLE b RENAME TO a",
                "ALTER TABLE c RENAME TO b");
        look();
        assertThat(
                        database.query(
                                "SELECT pgt_name FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id"))
                .containsExactly(List.of("b"), List.of("a"));
    }

    @Test
    void theNextCallCleansUpAsWell() {
        begin(Noticed.BY_A_SERVICE);
        create("s", "SELECT id FROM t");
        database.execute("DROP TABLE s");
        create("s", "SELECT k FROM u");
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass"))
                .isEqualTo("0");
        assertThat(tables.list()).hasSize(1);
    }

    @Test
    void nobodyWaitsLongForACleanUp() {
        begin(Noticed.BY_EVENT_TRIGGERS);
        create("s", "SELECT id FROM t");
        try (Session reader = database.session();
                Session dropping = database.session()) {
            reader.execute("BEGIN", "SELECT count(*) FROM t");
            dropping.execute("SET statement_timeout = '20s'", "DROP TABLE s");
            // The reader's lock keeps the triggers; writers go on.
            database.execute("INSERT INTO t VALUES (50, 1, 1)");
            look();
            reader.execute("COMMIT");
        }
        look();
        assertNothingIsLeft();
    }

    @Test
    void aRunningRefreshIsNotInTheWay() {
        begin(Noticed.BY_EVENT_TRIGGERS);
        create("s", "SELECT id FROM t");
        try (Session refreshing = database.session();
                Session dropping = database.session()) {
            refreshing.execute(
                    "BEGIN", "SELECT pgt_id FROM pgtrickle.pgt_stream_tables FOR UPDATE");
            dropping.execute("SET statement_timeout = '20s'", "DROP TABLE s");
            refreshing.execute("COMMIT");
        }
        look();
        assertNothingIsLeft();
    }

    @Test
    void otherDdlNeverFailsBecauseOfUs() {
        begin(Noticed.BY_EVENT_TRIGGERS);
        create("s", "SELECT id FROM t");
        database.execute(
                "ALTER TABLE pgtrickle.pgt_watched RENAME TO broken",
                "CREATE TEMP TABLE a (b int)",
                "CREATE TABLE c (d int)",
                "CREATE INDEX ON c (d)",
                "ALTER TABLE t ADD e int",
                "DROP INDEX c_d_idx",
                "DROP TABLE c",
                "ALTER TABLE pgtrickle.broken RENAME TO pgt_watched");
        try (Session session = database.session()) {
            session.execute("CREATE TEMP TABLE a (b int)", "DROP TABLE a");
            session.execute("INSERT INTO t VALUES (50, 1, 1)");
        }
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
    }

    @Test
    void ownSchemasAreRefused() {
        begin(Noticed.BY_EVENT_TRIGGERS);
        for (String schema : List.of("pgtrickle", "pgtrickle_changes")) {
            assertThatThrownBy(() ->
                            tables.create(
                                    StreamTableDefinition.of(schema + ".s", "SELECT id FROM t")))
                    .hasMessageContaining("in a schema of pg_trickle");
        }
        assertNothingIsLeft();
    }

    @Test
    void aStreamTableThatItsUserAltersIsAnErrorThatEnds() {
        begin(Noticed.BY_A_SERVICE);
        create("s", "SELECT id, v FROM t");
        database.execute("ALTER TABLE s RENAME v TO w", "INSERT INTO t VALUES (50, 1, 1)");
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("have changed");
        assertThat(tables.status("s").status()).isEqualTo("ERROR");
        database.execute("ALTER TABLE s RENAME w TO v", "CREATE INDEX ON s (v)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", "SELECT id, v FROM t");
    }
}
