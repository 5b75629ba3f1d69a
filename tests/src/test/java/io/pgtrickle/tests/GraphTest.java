package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Stream tables that read stream tables.
final class GraphTest extends DatabaseTest {
    private static final String FIRST = "SELECT k, sum(v) AS total FROM t GROUP BY k";
    private static final String SECOND =
            "SELECT total % 10 AS digit, count(*) AS n FROM s1 GROUP BY total % 10";
    private static final String THIRD = "SELECT t.k, t.v, s2.n FROM t JOIN s2 ON s2.digit = t.v";

    @BeforeEach
    void source() {
        database.execute(
                "CREATE TABLE t (k int, v int)",
                "INSERT INTO t SELECT i % 7, i FROM generate_series(1, 50) i");
    }

    private void chain() {
        create("s1", FIRST);
        create("s2", SECOND);
        create("s3", THIRD);
    }

    private void assertChain() {
        assertFresh("s1", FIRST);
        assertFresh("s2", SECOND);
        assertFresh("s3", THIRD);
    }

    @Test
    void threeLevelsFollow() {
        chain();
        assertChain();
        for (String change :
                new String[] {
                    "UPDATE t SET v = v + 1 WHERE k = 3",
                    "DELETE FROM t WHERE k = 5",
                    "INSERT INTO t VALUES (NULL, 4), (9, NULL)"
                }) {
            database.execute(change);
            assertThat(refresh("s1")).isEqualTo(Action.DIFFERENTIAL);
            assertThat(refresh("s2")).isEqualTo(Action.DIFFERENTIAL);
            assertThat(refresh("s3")).isEqualTo(Action.DIFFERENTIAL);
            assertChain();
        }
    }

    @Test
    void whatDidNotChangeAboveIsNoDataBelow() {
        chain();
        database.execute("UPDATE t SET v = v");
        assertThat(refresh("s1")).isEqualTo(Action.NO_DATA);
        assertThat(refresh("s2")).isEqualTo(Action.NO_DATA);
        assertThat(refresh("s3")).isEqualTo(Action.NO_DATA);
    }

    @Test
    void aStreamTableAndTheTableItCameFromCanBothChange() {
        create("s1", FIRST);
        String query = "SELECT t.k, t.v, s1.total FROM t LEFT JOIN s1 ON s1.k = t.k";
        create("s2", query);
        database.execute(
                "DELETE FROM t WHERE k = 1",
                "INSERT INTO t VALUES (8, 8)",
                "UPDATE t SET k = 2 WHERE k = 3");
        refresh("s2");
        assertFresh("s2", query);
        refresh("s1");
        refresh("s2");
        assertFresh("s2", query);
    }

    @Test
    void aFullOneInTheMiddlePassesOnItsDifferences() {
        create("s1", FIRST);
        tables.create(
                StreamTableDefinition.of("s2", "SELECT k, total FROM s1")
                        .withMode(RefreshMode.FULL));
        create("s3", "SELECT k, total FROM s2 WHERE total > 10");
        database.execute("UPDATE t SET v = v + 100 WHERE k = 3", "DELETE FROM t WHERE k = 4");
        refresh("s1");
        assertThat(refresh("s2")).isEqualTo(Action.FULL);
        var outcome = tables.refresh("s3");
        assertThat(outcome.action()).isEqualTo(Action.DIFFERENTIAL);
        assertThat(outcome.rowsInserted() + outcome.rowsUpdated() + outcome.rowsDeleted())
                .isLessThanOrEqualTo(3);
        assertFresh("s3", "SELECT k, total FROM s2 WHERE total > 10");
    }

    @Test
    void hiddenColumnsStayHidden() {
        chain();
        create("s4", "SELECT * FROM s1");
        assertThat(
                        database.query(
                                "SELECT attname FROM pg_attribute WHERE attrelid = 's4'::regclass AND attnum > 0"
                                        + " AND NOT attname LIKE '\\_\\_pgt%' ORDER BY attnum"))
                .extracting(row -> row.getFirst())
                .containsExactly("k", "total");
        database.execute("INSERT INTO t VALUES (1, 1), (77, 7)");
        refresh("s1");
        refresh("s4");
        assertFresh("s4", "SELECT k, total FROM s1");
    }

    @Test
    void dropWithReadersIsRefusedAndCascadeTakesThem() {
        chain();
        PgTrickleException error =
                catchThrowableOfType(
                        PgTrickleException.class, () -> tables.drop("s1", DropBehavior.RESTRICT));
        assertThat(error.sqlState()).isEqualTo("2BP01");
        assertThat(error.detail()).hasValueSatisfying(it -> assertThat(it).contains("s2"));
        assertThat(error.hint()).isPresent();
        database.execute("INSERT INTO t VALUES (1, 1)");
        refresh("s1");
        refresh("s2");
        refresh("s3");
        assertChain();
        tables.drop("s1", DropBehavior.CASCADE);
        assertThat(tables.list()).isEmpty();
        assertThat(database.value("SELECT to_regclass('s3')")).isEqualTo("null");
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass"))
                .isEqualTo("0");
    }

    @Test
    void dropWithAViewOverItIsRefused() {
        create("s1", FIRST);
        database.execute("CREATE VIEW over AS SELECT * FROM s1");
        PgTrickleException error =
                catchThrowableOfType(
                        PgTrickleException.class, () -> tables.drop("s1", DropBehavior.RESTRICT));
        assertThat(error.sqlState()).isEqualTo("2BP01");
        database.execute("INSERT INTO t VALUES (1, 1)");
        assertThat(refresh("s1")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s1", FIRST);
    }

    @Test
    void aSecondReaderSeesOnlyWhatComesAfterIt() {
        create("s1", FIRST);
        create("s2", SECOND);
        database.execute("INSERT INTO t VALUES (1, 5)");
        refresh("s1");
        create("late", "SELECT k, total FROM s1");
        assertThat(refresh("late")).isEqualTo(Action.NO_DATA);
        database.execute("INSERT INTO t VALUES (2, 6)");
        refresh("s1");
        refresh("late");
        refresh("s2");
        assertFresh("late", "SELECT k, total FROM s1");
        assertFresh("s2", SECOND);
    }
}
