package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import org.junit.jupiter.api.Test;

/// Functions, aggregates and views that are replaced under a stream table, and other changes of the
/// definitions of its sources.
final class ReplacedDefinitionsTest extends DatabaseTest {

    private void makeTable() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int)",
                "INSERT INTO t SELECT i, i FROM generate_series(1, 50) i");
    }

    private static String priced(String body) {
        return "CREATE OR REPLACE FUNCTION priced(v int) RETURNS int IMMUTABLE LANGUAGE sql AS '"
                + body
                + "'";
    }

    @Test
    void aReplacedFunctionIsNoticed() {
        makeTable();
        database.execute(priced("SELECT $1 * 2"));
        String query = "SELECT id, priced(v) AS p FROM t WHERE priced(v) < 60";
        create("s", query);
        database.execute("UPDATE t SET v = 11 WHERE id = 1");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        database.execute(priced("SELECT $1 * 3"));
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        database.execute("DROP FUNCTION priced(int)", priced("SELECT $1 - 1"));
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute("UPDATE t SET v = 12 WHERE id = 2");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
        // Nothing that matters.
        database.execute("GRANT EXECUTE ON FUNCTION priced(int) TO PUBLIC");
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
    }

    @Test
    void aReplacedOperatorFunctionAndSqlBodyAreNoticed() {
        makeTable();
        database.execute(
                "CREATE FUNCTION near(a int, b int) RETURNS bool IMMUTABLE RETURN abs(a - b) < 5",
                "CREATE OPERATOR ~~~ (LEFTARG = int, RIGHTARG = int, FUNCTION = near)");
        String query = "SELECT id FROM t WHERE v ~~~ 10";
        create("s", query);
        database.execute(
                "CREATE OR REPLACE FUNCTION near(a int, b int) RETURNS bool IMMUTABLE RETURN abs(a - b) < 9");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
    }

    @Test
    void aFunctionThatBecomesVolatileIsRefusedOrRecomputed() {
        makeTable();
        database.execute(priced("SELECT $1 * 2"));
        create("s", "SELECT id, priced(v) AS p FROM t");
        tables.create(StreamTableDefinition.of("a", "SELECT id, priced(v) AS p FROM t"));
        database.execute("ALTER FUNCTION priced(int) VOLATILE");
        assertThatThrownBy(() -> refresh("s")).hasMessageContaining("have changed");
        assertThat(refresh("a")).isEqualTo(Action.REINITIALIZE);
        assertThat(tables.status("a").mode()).isEqualTo(RefreshMode.FULL);
        database.execute("ALTER FUNCTION priced(int) IMMUTABLE", "UPDATE t SET v = 3 WHERE id = 9");
        assertThat(refresh("s")).isNotEqualTo(Action.SKIP);
        assertFresh("s", "SELECT id, priced(v) AS p FROM t");
        refresh("a");
        assertFresh("a", "SELECT id, priced(v) AS p FROM t");
    }

    @Test
    void aReplacedViewIsNoticed() {
        makeTable();
        database.execute(
                "CREATE TABLE u (id int, w int)",
                "INSERT INTO u SELECT i, i * 10 FROM generate_series(1, 50) i",
                "CREATE VIEW inner_view AS SELECT id, v FROM t",
                "CREATE VIEW outer_view AS SELECT id, v + 1 AS v FROM inner_view");
        String query = "SELECT v, count(*) AS n FROM outer_view GROUP BY v";
        create("s", query);
        create("over", "SELECT sum(n) AS n FROM s");
        database.execute(
                "CREATE OR REPLACE VIEW inner_view AS SELECT u.id, t.v + u.w AS v FROM t JOIN u USING (id)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        refresh("over");
        assertFresh("over", "SELECT sum(n) AS n FROM s");
        database.execute("UPDATE u SET w = 5 WHERE id < 20", "DELETE FROM t WHERE id = 7");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
        assertThat(refresh("over")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("over", "SELECT sum(n) AS n FROM s");
        database.execute(
                "CREATE OR REPLACE VIEW inner_view AS SELECT id, w AS v FROM u",
                "INSERT INTO u VALUES (1000, 1000)");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        assertThat(database.value("SELECT count(*) FROM pg_trigger WHERE tgrelid = 't'::regclass"))
                .isEqualTo("0");
    }

    @Test
    void aReplacedViewThatAsksForOtherHiddenColumnsIsNoticed() {
        makeTable();
        database.execute("CREATE VIEW w AS SELECT id % 3 AS k, v FROM t");
        String query = "SELECT k, sum(v) AS total, min(v) AS least FROM w GROUP BY k";
        create("s", query);
        database.execute("CREATE OR REPLACE VIEW w AS SELECT id % 5 AS k, id + v AS v FROM t");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute("UPDATE t SET v = -v WHERE id % 4 = 0", "DELETE FROM t WHERE id % 9 = 0");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
    }

    @Test
    void aReplacedAggregateIsNoticed() {
        makeTable();
        database.execute(
                "CREATE FUNCTION step(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 + $2'",
                "CREATE AGGREGATE total(int) (SFUNC = step, STYPE = int, INITCOND = '0')");
        String query = "SELECT id % 3 AS k, total(v) AS v FROM t GROUP BY id % 3";
        tables.create(StreamTableDefinition.of("s", query));
        database.execute(
                "CREATE OR REPLACE FUNCTION step(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 - $2'");
        refresh("s");
        assertFresh("s", query);
    }

    @Test
    void aDroppedKeyDoesNotLeaveStaleRows() {
        makeTable();
        create("s", "SELECT id, v FROM t");
        database.execute(
                "ALTER TABLE t DROP CONSTRAINT t_pkey",
                "INSERT INTO t VALUES (1, 7), (1, 7)",
                "UPDATE t SET v = 0 WHERE id < 4");
        // A session that has not compiled the query yet sees a definition without the key.
        assertThat(database.streamTables().refresh("s").action()).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", "SELECT id, v FROM t");
        database.execute("DELETE FROM t WHERE id = 1");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT id, v FROM t");
    }
}
