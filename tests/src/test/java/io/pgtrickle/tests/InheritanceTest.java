package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import org.junit.jupiter.api.Test;

/// Tables with children as sources: with them, with ONLY, and a child.
final class InheritanceTest extends DatabaseTest {
    private static final String ALL = "SELECT id, v FROM parent";
    private static final String ONLY = "SELECT id, v FROM ONLY parent";
    private static final String CHILD = "SELECT v, id, extra FROM child";

    private void makeFamily() {
        database.execute(
                "CREATE TABLE parent (id int PRIMARY KEY, v int)",
                "CREATE TABLE child (extra text) INHERITS (parent)",
                "CREATE TABLE other (w int)",
                "CREATE TABLE grandchild (more text) INHERITS (child, other)",
                "INSERT INTO parent SELECT i, i FROM generate_series(1, 20) i",
                "INSERT INTO child SELECT i, i, 'c' FROM generate_series(11, 30) i",
                "INSERT INTO grandchild SELECT i, i, 'g', 5, 'm' FROM generate_series(21, 40) i");
    }

    private void writeEverywhere() {
        database.execute(
                "INSERT INTO parent VALUES (100 + (SELECT count(*) FROM parent), 1)",
                "INSERT INTO child VALUES (1, 1, 'x'), (1, 1, 'x')",
                "INSERT INTO grandchild VALUES (2, 2, 'y', 0, 'z')",
                "UPDATE parent SET v = v + 1 WHERE id % 3 = 0",
                "UPDATE ONLY parent SET v = v + 10 WHERE id % 5 = 0",
                "UPDATE child SET v = -v WHERE id % 4 = 0",
                "UPDATE other SET w = w + 1",
                "DELETE FROM parent WHERE id % 7 = 0",
                "DELETE FROM ONLY child WHERE id % 11 = 0",
                "DELETE FROM other WHERE w > 6");
    }

    @Test
    void everyMemberIsCapturedOnce() {
        makeFamily();
        String joined = "SELECT a.id, b.v FROM parent a LEFT JOIN ONLY parent b ON a.id = b.id";
        String grouped = "SELECT id, count(*) AS n FROM parent GROUP BY id";
        create("s", ALL);
        create("o", ONLY);
        create("c", CHILD);
        create("j", joined);
        create("g", grouped);
        for (int round = 0; round < 3; round++) {
            writeEverywhere();
            for (String name : new String[] {"s", "o", "c", "j", "g"}) {
                assertThat(refresh(name)).as(name).isEqualTo(Action.DIFFERENTIAL);
            }
            assertFresh("s", ALL);
            assertFresh("o", ONLY);
            assertFresh("c", CHILD);
            assertFresh("j", joined);
            assertFresh("g", grouped);
        }
        database.execute("UPDATE child SET v = v + 1");
        assertThat(refresh("o")).isEqualTo(Action.NO_DATA);
        database.execute("TRUNCATE ONLY child", "TRUNCATE grandchild");
        for (String name : new String[] {"s", "o", "c", "j", "g"}) {
            refresh(name);
        }
        assertFresh("s", ALL);
        assertFresh("o", ONLY);
        assertFresh("c", CHILD);
        assertFresh("j", joined);
    }

    @Test
    void onlyOfATableWithoutChildrenStaysRightWhenItGetsSome() {
        database.execute("CREATE TABLE parent (id int, v int)", "INSERT INTO parent VALUES (1, 1)");
        create("s", ONLY);
        database.execute(
                "CREATE TABLE child () INHERITS (parent)",
                "INSERT INTO child VALUES (2, 2)",
                "UPDATE parent SET v = 3");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ONLY);
    }

    @Test
    void newAndGoneChildrenAreNoticed() {
        database.execute(
                "CREATE TABLE parent (id int PRIMARY KEY, v int)",
                "INSERT INTO parent VALUES (1, 1), (2, 2)");
        create("s", ALL);
        database.execute(
                "CREATE TABLE child (extra text) INHERITS (parent)",
                "INSERT INTO child VALUES (1, 1, 'x'), (1, 5, 'x')");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        database.execute("UPDATE parent SET v = v + 1", "INSERT INTO child VALUES (1, 1, 'x')");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
        database.execute("ALTER TABLE child NO INHERIT parent");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        database.execute("ALTER TABLE child INHERIT parent");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        database.execute("DROP TABLE child");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", ALL);
        database.execute("DELETE FROM parent WHERE id = 1");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ALL);
    }

    @Test
    void aTableThatGetsAParentIsStillCaptured() {
        database.execute(
                "CREATE TABLE t (id int, v int)",
                "CREATE TABLE above (id int)",
                "INSERT INTO t VALUES (1, 1), (2, 2)");
        String query = "SELECT id, v FROM t";
        create("s", query);
        database.execute("ALTER TABLE t INHERIT above", "DELETE FROM above WHERE id = 1");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertFresh("s", query);
        database.execute("UPDATE above SET id = 3");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", query);
    }
}
