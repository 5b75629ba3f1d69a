package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Recursive queries follow the changes of what they read.
final class RecursionTest extends DatabaseTest {
    private static final String PATHS =
            "WITH RECURSIVE path AS (SELECT src, dst FROM edge UNION SELECT p.src, e.dst FROM path p"
                    + " JOIN edge e ON e.src = p.dst) SELECT src, dst FROM path";
    private static final String REACHED =
            "WITH RECURSIVE reached AS (SELECT id FROM root UNION SELECT e.dst FROM reached r"
                    + " JOIN edge e ON e.src = r.id) SELECT id FROM reached";
    private static final String TREE =
            "WITH RECURSIVE tree AS (SELECT id, parent, label AS path, 1 AS depth FROM node WHERE parent IS NULL"
                    + " UNION ALL SELECT n.id, n.parent, t.path || '/' || n.label, t.depth + 1 FROM node n"
                    + " JOIN tree t ON n.parent = t.id) SELECT id, parent, path, depth FROM tree";
    private static final String WAYS =
            "WITH RECURSIVE way AS (SELECT id, 0 AS steps FROM root UNION ALL SELECT e.dst, w.steps + 1"
                    + " FROM way w JOIN edge e ON e.src = w.id WHERE w.steps < 4) SELECT id, steps FROM way";
    private static final String OPEN =
            "WITH RECURSIVE open AS (SELECT id FROM root UNION SELECT e.dst FROM open o JOIN edge e ON e.src = o.id"
                    + " WHERE NOT EXISTS (SELECT FROM closed c WHERE c.id = e.dst)) SELECT id FROM open";
    private static final String CHEAP =
            "WITH RECURSIVE cheap AS (SELECT r.id, c.id AS mark FROM root r LEFT JOIN closed c ON c.id = r.id"
                    + " UNION SELECT e.dst, c.id FROM cheap x JOIN edge e ON e.src = x.id"
                    + " LEFT JOIN closed c ON c.id = e.dst) SELECT id, mark FROM cheap";
    private static final String BUSY =
            "WITH RECURSIVE busy AS (SELECT id FROM root UNION SELECT e.dst FROM busy b JOIN edge e ON e.src = b.id"
                    + " JOIN (SELECT src FROM edge GROUP BY src HAVING count(*) > 1) AS n ON n.src = e.dst)"
                    + " SELECT id FROM busy";
    private static final String TWICE =
            "WITH RECURSIVE r AS (SELECT id FROM root UNION SELECT e.dst FROM r JOIN edge e ON e.src = r.id),"
                    + " s AS (SELECT src, dst FROM edge WHERE src IN (SELECT id FROM r) UNION SELECT s.src, r.id FROM s"
                    + " JOIN edge e ON e.src = s.dst JOIN r ON r.id = e.dst) SELECT src, dst FROM s";

    private static final String DISTINCT =
            "WITH RECURSIVE d AS (SELECT id FROM root UNION SELECT DISTINCT e.dst FROM d JOIN edge e"
                    + " ON e.src = d.id) SELECT id FROM d";
    private static final String LAST =
            "WITH RECURSIVE l AS (SELECT id, 1::bigint AS n FROM root UNION ALL SELECT e.dst, row_number()"
                    + " OVER (PARTITION BY e.dst ORDER BY l.id) FROM l JOIN edge e ON e.src = l.id AND e.dst > e.src)"
                    + " SELECT id, n FROM l";

    @BeforeEach
    void sources() {
        database.execute(
                "CREATE TABLE edge (src int, dst int)",
                "CREATE TABLE root (id int)",
                "CREATE TABLE closed (id int)",
                "CREATE TABLE node (id int, parent int, label text)");
    }

    private void edges(String... pairs) {
        for (String pair : pairs) {
            database.execute("INSERT INTO edge VALUES (" + pair + ")");
        }
    }

    private void follows(String name, String query) {
        assertThat(refresh(name)).isEqualTo(Action.DIFFERENTIAL);
        assertFresh(name, query);
    }

    @Test
    void anEdgeOnTheOnlyWayGoesAndComes() {
        edges("1, 2", "2, 3", "3, 4", "4, 5");
        create("s", PATHS);
        database.execute("DELETE FROM edge WHERE src = 3");
        follows("s", PATHS);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("4");
        edges("3, 4");
        follows("s", PATHS);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("10");
    }

    @Test
    void anEdgeOnOneOfTwoWaysGoes() {
        edges("1, 2", "2, 4", "1, 3", "3, 4", "4, 5");
        create("s", PATHS);
        database.execute("DELETE FROM edge WHERE src = 2");
        follows("s", PATHS);
        assertThat(database.query("SELECT src FROM s WHERE dst = 5 ORDER BY src"))
                .extracting(List::getFirst)
                .containsExactly("1", "3", "4");
    }

    @Test
    void aCircleThatNobodyReachesAnyMoreGoes() {
        database.execute("INSERT INTO root VALUES (1)");
        edges("1, 2", "2, 3", "3, 4", "4, 2");
        create("s", REACHED);
        database.execute("DELETE FROM edge WHERE src = 1");
        follows("s", REACHED);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("1");
    }

    @Test
    void anotherWayIntoACircleThatComesFromTheCircleIsNone() {
        database.execute("INSERT INTO root VALUES (1)");
        edges("1, 2", "2, 3", "3, 4");
        create("s", REACHED);
        create("w", WAYS);
        // What loses its only derivation gets another one in the same batch, from what it derives.
        database.execute("UPDATE edge SET src = 4 WHERE src = 1");
        follows("s", REACHED);
        follows("w", WAYS);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("1");
        edges("1, 4");
        follows("s", REACHED);
        follows("w", WAYS);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("4");
    }

    @Test
    void rootsComeAndGo() {
        database.execute("INSERT INTO root VALUES (1), (1), (5)");
        edges("1, 2", "2, 3", "5, 6", "6, 3", "3, 7");
        create("s", REACHED);
        database.execute("DELETE FROM root WHERE ctid = (SELECT min(ctid) FROM root)");
        follows("s", REACHED);
        database.execute("DELETE FROM root WHERE id = 1");
        follows("s", REACHED);
        database.execute("UPDATE root SET id = 2");
        follows("s", REACHED);
        database.execute("DELETE FROM root");
        follows("s", REACHED);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("0");
    }

    @Test
    void aSubTreeMoves() {
        database.execute(
                "INSERT INTO node VALUES (1, NULL, 'a'), (2, 1, 'b'), (3, 1, 'c'), (4, 2, 'd'), (5, 4, 'e'),"
                        + " (6, NULL, 'f')");
        create("s", TREE);
        database.execute("UPDATE node SET parent = 3 WHERE id = 4");
        follows("s", TREE);
        assertThat(database.value("SELECT path FROM s WHERE id = 5")).isEqualTo("a/c/d/e");
        database.execute("UPDATE node SET parent = NULL WHERE id = 3");
        follows("s", TREE);
        database.execute("UPDATE node SET label = 'x' WHERE id = 3");
        follows("s", TREE);
        assertThat(database.value("SELECT path FROM s WHERE id = 5")).isEqualTo("x/d/e");
        database.execute(
                "UPDATE node SET id = 60 WHERE id = 6", "INSERT INTO node VALUES (7, 60, 'g')");
        follows("s", TREE);
        // A part that is cut off and becomes a circle.
        database.execute("UPDATE node SET parent = 5 WHERE id = 3");
        follows("s", TREE);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("4");
        database.execute("UPDATE node SET parent = 1 WHERE id = 3");
        follows("s", TREE);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("7");
    }

    @Test
    void waysAreCounted() {
        database.execute("INSERT INTO root VALUES (1), (1)");
        edges("1, 2", "1, 2", "2, 3", "1, 3", "3, 1");
        create("s", WAYS);
        database.execute(
                "DELETE FROM edge WHERE ctid = (SELECT min(ctid) FROM edge WHERE src = 1 AND dst = 2)");
        follows("s", WAYS);
        database.execute("DELETE FROM root WHERE ctid = (SELECT min(ctid) FROM root)");
        follows("s", WAYS);
        edges("1, 2", "3, 3");
        follows("s", WAYS);
        database.execute("UPDATE edge SET dst = 1 WHERE src = 2");
        follows("s", WAYS);
    }

    @Test
    void nullsAreRowsLikeOthers() {
        database.execute("INSERT INTO root VALUES (NULL), (1)");
        edges("1, NULL", "NULL, 2", "1, 3");
        create("s", REACHED);
        create("p", PATHS);
        database.execute("DELETE FROM root WHERE id IS NULL");
        follows("s", REACHED);
        database.execute("DELETE FROM edge WHERE dst IS NULL");
        follows("s", REACHED);
        follows("p", PATHS);
        edges("3, NULL", "3, NULL");
        follows("s", REACHED);
        follows("p", PATHS);
        database.execute("DELETE FROM edge WHERE ctid = (SELECT max(ctid) FROM edge)");
        refresh("s");
        assertFresh("s", REACHED);
        follows("p", PATHS);
    }

    @Test
    void whatIsReadBesideMayBeNonMonotone() {
        database.execute("INSERT INTO root VALUES (1)");
        edges("1, 2", "2, 3", "3, 4", "1, 4", "4, 5", "4, 6");
        create("open", OPEN);
        create("cheap", CHEAP);
        create("busy", BUSY);
        database.execute("INSERT INTO closed VALUES (3), (3)");
        follows("open", OPEN);
        follows("cheap", CHEAP);
        database.execute("INSERT INTO closed VALUES (4)", "DELETE FROM edge WHERE dst = 6");
        follows("open", OPEN);
        follows("cheap", CHEAP);
        follows("busy", BUSY);
        database.execute("DELETE FROM closed");
        edges("4, 7");
        follows("open", OPEN);
        follows("cheap", CHEAP);
        follows("busy", BUSY);
    }

    @Test
    void whatReachesTooMuchIsEvaluatedAgain() {
        database.execute(
                "INSERT INTO root VALUES (1)",
                "INSERT INTO edge SELECT i, i % 1000 + 1 FROM generate_series(1, 1000) i",
                "INSERT INTO edge VALUES (3, 1), (1, 7)");
        create("s", REACHED);
        create("w", WAYS);
        database.execute("DELETE FROM edge WHERE src = 2");
        follows("s", REACHED);
        follows("w", WAYS);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("996");
        database.execute("UPDATE edge SET src = 5 WHERE src = 1 AND dst = 7");
        follows("s", REACHED);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("2");
        database.execute("INSERT INTO root VALUES (900)", "INSERT INTO root VALUES (950)");
        follows("s", REACHED);
        database.execute("DELETE FROM root WHERE id = 950");
        follows("s", REACHED);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("103");
    }

    @Test
    void theWayIsSaid() {
        create("s", REACHED);
        create("d", DISTINCT);
        create("l", LAST);
        for (String name : List.of("s", "d")) {
            assertThat(tables.explain(name).operatorTree())
                    .contains("[semi-naive, deleted and rederived]");
        }
        assertThat(tables.explain("l").operatorTree()).contains("[recomputed and compared]");
    }

    @Test
    void valuesThatAreEqualAndLookDifferent() {
        String query =
                "WITH RECURSIVE r AS (SELECT n FROM amount UNION SELECT r.n + s.n FROM r, amount s WHERE r.n < 3)"
                        + " SELECT n FROM r";
        database.execute("CREATE TABLE amount (n numeric)", "INSERT INTO amount VALUES (1.0)");
        create("s", query);
        database.execute("UPDATE amount SET n = 1.00");
        follows("s", query);
        assertThat(database.query("SELECT n FROM s ORDER BY n"))
                .extracting(List::getFirst)
                .containsExactly("1.00", "2.00", "3.00");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomGraphs(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int nodes = 4 + random.nextInt(8);
        for (int i = 0; i < nodes * 3 / 2; i++) {
            database.execute(addition(random, nodes));
        }
        database.execute(
                "INSERT INTO node SELECT i, nullif(i / 2, 0), 'n' || i FROM generate_series(1, 12) i");
        List<String> queries =
                List.of(PATHS, REACHED, WAYS, OPEN, CHEAP, BUSY, TWICE, TREE, LAST, DISTINCT);
        for (int i = 0; i < queries.size(); i++) {
            create("s" + i, queries.get(i));
        }
        for (int round = 0; round < 20; round++) {
            List<String> batch = new ArrayList<>();
            int changes = 1 + random.nextInt(4);
            for (int i = 0; i < changes; i++) {
                batch.add(change(random, nodes));
            }
            database.execute(batch.toArray(String[]::new));
            for (int i = 0; i < queries.size(); i++) {
                assertThat(refresh("s" + i))
                        .as("seed %s, round %s, query %s: %s", seed, round, i, batch)
                        .isIn(Action.DIFFERENTIAL, Action.NO_DATA);
                assertFresh("s" + i, queries.get(i));
            }
        }
    }

    private static String addition(SplittableRandom random, int nodes) {
        return switch (random.nextInt(8)) {
            case 0 -> "INSERT INTO root VALUES (" + one(random, nodes) + ")";
            case 1 -> "INSERT INTO closed VALUES (" + one(random, nodes) + ")";
            default ->
                    "INSERT INTO edge VALUES ("
                            + one(random, nodes)
                            + ", "
                            + one(random, nodes)
                            + ")";
        };
    }

    private static String one(SplittableRandom random, int nodes) {
        return random.nextInt(20) == 0 ? "NULL" : String.valueOf(1 + random.nextInt(nodes));
    }

    private static String change(SplittableRandom random, int nodes) {
        String table = random.nextInt(5) == 0 ? "root" : random.nextInt(4) == 0 ? "closed" : "edge";
        String some =
                " WHERE ctid = (SELECT ctid FROM "
                        + table
                        + " ORDER BY ctid OFFSET "
                        + random.nextInt(nodes)
                        + " LIMIT 1)";
        return switch (random.nextInt(6)) {
            case 0, 1 -> addition(random, nodes);
            case 2 -> "DELETE FROM " + table + some;
            case 3 ->
                    "UPDATE node SET parent = "
                            + (random.nextInt(6) == 0 ? "NULL" : 1 + random.nextInt(12))
                            + " WHERE id = "
                            + (1 + random.nextInt(12));
            default ->
                    "UPDATE "
                            + table
                            + " SET "
                            + (table.equals("edge") ? random.nextInt(2) == 0 ? "src" : "dst" : "id")
                            + " = "
                            + one(random, nodes)
                            + some;
        };
    }
}
