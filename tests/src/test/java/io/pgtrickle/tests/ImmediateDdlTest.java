package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.refresh.SchedulerView;
import io.pgtrickle.runtime.session.JdbcSession;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What plain SQL does to stream tables of mode IMMEDIATE and to their sources. Nobody who writes
/// is left with an error that does not say how to get out.
final class ImmediateDdlTest extends FollowingTest {

    /// Whether event triggers could be made.
    enum EventTriggers {
        THERE,
        MISSING
    }

    private static final String JOIN = "SELECT t.id, t.v, u.label FROM t JOIN u ON u.k = t.k";
    private static final String GROUPED = "SELECT k, sum(v) AS total FROM t GROUP BY k";
    private static final String OURS =
            """
            SELECT tgname FROM pg_trigger WHERE tgname ~ '^(pg_trickle|pgt_ivm)'
            UNION ALL SELECT proname FROM pg_proc WHERE proname ~ '^(capture|bracket|flush|apply|recompute)_[0-9p]'
            UNION ALL SELECT relname FROM pg_class WHERE relname ~ '^(changes|turn|state|open)_[0-9p]'
            """;

    @BeforeEach
    void makeSources() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, k int, v int, spare int)",
                "CREATE TABLE u (k int PRIMARY KEY, label text)",
                "INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 20) i",
                "INSERT INTO u SELECT i, 'u' || i FROM generate_series(0, 2) i",
                "ALTER DATABASE " + database.name() + " SET pg_trickle.block_source_ddl = off");
    }

    private void begin(EventTriggers events) {
        if (events == EventTriggers.MISSING) {
            database.execute(
                    "DROP EVENT TRIGGER pg_trickle_ddl_tracker",
                    "DROP EVENT TRIGGER pg_trickle_drop_tracker");
        }
        follow("joined", JOIN);
        follow("grouped", GROUPED);
        follow("over", "SELECT total, count(*) AS n FROM grouped GROUP BY total");
    }

    private void look() {
        try (Connection connection = database.dataSource().getConnection()) {
            new SchedulerView().load(JdbcSession.of(connection));
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private void write() {
        step(
                "INSERT INTO t (id, k, v) VALUES (100, 1, 1), (101, 2, 2)",
                "UPDATE t SET k = 1 WHERE id < 4",
                "DELETE FROM t WHERE id IN (100, 101, 3)",
                "INSERT INTO t (id, k, v) VALUES (3, 0, 3)");
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedStreamTable(EventTriggers events) {
        begin(events);
        write();
        database.execute("DROP TABLE joined");
        forget("joined");
        write();
        step("INSERT INTO u VALUES (5, 'five')");
        look();
        write();
        database.execute("DROP TABLE over");
        forget("over");
        write();
        database.execute("DROP TABLE grouped");
        forget("grouped");
        write();
        look();
        write();
        assertThat(database.query(OURS)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedStreamTableThatAnotherReads(EventTriggers events) {
        begin(events);
        database.execute("DROP TABLE grouped CASCADE");
        forget("grouped");
        forget("over");
        write();
        look();
        write();
        database.execute("DROP TABLE over", "DROP TABLE joined");
        forget("joined");
        write();
        look();
        write();
        assertThat(database.query(OURS)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedSource(EventTriggers events) {
        begin(events);
        database.execute("DROP TABLE u CASCADE");
        forget("joined");
        assertSaysHowToGetOut("INSERT INTO t (id, k, v) VALUES (200, 1, 1)");
        look();
        write();
        database.execute("DROP TABLE joined");
        look();
        write();
    }

    @ParameterizedTest
    @EnumSource
    void columnsThatAreNotUsed(EventTriggers events) {
        begin(events);
        database.execute("ALTER TABLE t ADD extra int DEFAULT 5");
        write();
        database.execute("ALTER TABLE t DROP spare");
        write();
        database.execute(
                "ALTER TABLE t RENAME extra TO more", "ALTER TABLE t ALTER more TYPE bigint");
        write();
        look();
        tables.refresh("joined");
        write();
        database.execute(
                "CREATE INDEX ON t (k)",
                "ALTER TABLE t ADD CHECK (v > -5)",
                "VACUUM FULL t",
                "CLUSTER t USING t_pkey");
        write();
    }

    @ParameterizedTest
    @EnumSource
    void aRenamedColumn(EventTriggers events) {
        begin(events);
        write();
        database.execute("ALTER TABLE t RENAME v TO w");
        assertSaysHowToGetOut("INSERT INTO t (id, k, w) VALUES (200, 1, 1)");
        for (String name : new String[] {"joined", "grouped"}) {
            assertThatThrownBy(() -> tables.refresh(name)).hasMessageContaining("v");
            assertThat(tables.status(name).status()).isEqualTo("ERROR");
        }
        database.execute("INSERT INTO t (id, k, w) VALUES (201, 1, 1)");
        database.execute("ALTER TABLE t RENAME w TO v");
        for (String name : new String[] {"joined", "grouped"}) {
            tables.refresh(name);
        }
        write();
    }

    private void assertSaysHowToGetOut(String write) {
        try {
            database.execute(write);
        } catch (IllegalStateException e) {
            assertThat(e)
                    .hasMessageContaining("cannot follow this statement")
                    .hasMessageMatching(
                            "(?s).*stream table (public|x)\\.(\\w+) .*Hint: .*pgtrickle\\.\\w+\\('\\1\\.\\2'.*");
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDroppedColumn(EventTriggers events) {
        begin(events);
        write();
        database.execute("ALTER TABLE t DROP v CASCADE");
        for (String name : new String[] {"over", "grouped", "joined"}) {
            assertSaysHowToGetOut("INSERT INTO t (id, k) VALUES (200, 1)");
            forget(name);
            database.execute("DROP TABLE " + name);
        }
        database.execute("INSERT INTO t (id, k) VALUES (201, 1)", "DELETE FROM t");
        look();
        database.execute("INSERT INTO t (id, k) VALUES (201, 1)");
        assertThat(database.query(OURS)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void aColumnOfAnotherType(EventTriggers events) {
        begin(events);
        write();
        database.execute("ALTER TABLE t ALTER v TYPE bigint USING v * 2");
        assertSaysHowToGetOut("INSERT INTO t (id, k, v) VALUES (200, 1, 1)");
        for (String name : new String[] {"over", "grouped"}) {
            forget(name);
            database.execute("DROP TABLE " + name);
        }
        tables.alter("joined", Alteration.none().withMode(RefreshMode.DIFFERENTIAL));
        database.execute("INSERT INTO t (id, k, v) VALUES (201, 1, 1)");
        tables.refresh("joined");
        step("SELECT 1");
        tables.alter("joined", Alteration.none().withMode(RefreshMode.IMMEDIATE));
        write();
    }

    @ParameterizedTest
    @EnumSource
    void renamedTables(EventTriggers events) {
        begin(events);
        database.execute(
                "ALTER TABLE t RENAME TO t2", "CREATE SCHEMA x", "ALTER TABLE u SET SCHEMA x");
        assertSaysHowToGetOut("INSERT INTO t2 (id, k, v) VALUES (300, 1, 1)");
        for (String name : new String[] {"joined", "grouped"}) {
            assertThatThrownBy(() -> tables.refresh(name)).hasMessageContaining("public.t");
            assertThat(tables.status(name).status()).isEqualTo("ERROR");
        }
        database.execute(
                "INSERT INTO t2 (id, k, v) VALUES (301, 1, 1)",
                "UPDATE x.u SET label = 'z' WHERE k = 1");
        database.execute("ALTER TABLE t2 RENAME TO t", "ALTER TABLE x.u SET SCHEMA public");
        for (String name : new String[] {"joined", "grouped"}) {
            tables.refresh(name);
        }
        write();
    }

    @ParameterizedTest
    @EnumSource
    void aRenamedStreamTable(EventTriggers events) {
        begin(events);
        database.execute(
                "ALTER TABLE joined RENAME TO other",
                "CREATE SCHEMA x",
                "ALTER TABLE grouped SET SCHEMA x");
        forget("joined");
        forget("grouped");
        forget("over");
        assertSaysHowToGetOut("INSERT INTO t (id, k, v) VALUES (200, 1, 1)");
        look();
        tables.refresh("other");
        tables.refresh("x.grouped");
        database.execute("INSERT INTO t (id, k, v) VALUES (300, 1, 1)");
        assertFresh("other", JOIN);
        assertFresh("x.grouped", GROUPED);
    }

    @ParameterizedTest
    @EnumSource
    void whatUsersDoToTheStreamTable(EventTriggers events) {
        begin(events);
        assertThatThrownBy(() -> database.execute("DELETE FROM joined"))
                .hasMessageContaining("joined");
        assertThatThrownBy(() -> database.execute("UPDATE grouped SET total = 0"))
                .hasMessageContaining("grouped");
        database.execute(
                "CREATE INDEX ON joined (label)",
                "ALTER TABLE joined ADD CHECK (v > -100)",
                "VACUUM FULL joined");
        write();
        assertThatThrownBy(() -> database.execute("INSERT INTO t (id, k, v) VALUES (400, 1, -500)"))
                .hasMessageContaining("public.joined cannot follow this statement")
                .hasMessageContaining("violates check constraint");
        write();
    }
}
