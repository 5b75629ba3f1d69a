package io.pgtrickle.tests.cost;

import io.pgtrickle.tests.postgres.TestDatabase;

/// Tables of a given size, with the indexes that their queries want, and small changes of them. The
/// size of a group, of a family of joined rows and of a tree does not depend on that of the tables.
public final class CostTables {
    private static final int GROUP = 10;

    private final TestDatabase database;
    private final int rows;
    private int round;

    private CostTables(TestDatabase database, int rows) {
        this.database = database;
        this.rows = rows;
    }

    /// Makes the tables: `a`, `b` and `part` with `rows` rows, `node` with as many in trees, `c`
    /// with one for each group.
    public static CostTables create(TestDatabase database, int rows) {
        int groups = rows / GROUP;
        String series = " FROM generate_series(1, " + rows + ") AS i";
        String of = " SELECT i, i % " + groups + ", ";
        database.execute(
                "CREATE TABLE a (id int PRIMARY KEY, k int NOT NULL, w int, v int NOT NULL,"
                        + " amount numeric NOT NULL, tags int[] NOT NULL)",
                "CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL, k int NOT NULL, v int NOT NULL)",
                "CREATE TABLE c (k int PRIMARY KEY, name text NOT NULL, n int NOT NULL)",
                "CREATE TABLE node (id int PRIMARY KEY, parent int)",
                "CREATE TABLE part (id int, k int NOT NULL, v int NOT NULL, PRIMARY KEY (id))"
                        + " PARTITION BY HASH (id)",
                "CREATE TABLE part_0 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
                "CREATE TABLE part_1 PARTITION OF part FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
                "INSERT INTO a"
                        + of
                        + "i % "
                        + groups
                        + ", i % 997, i % 991, ARRAY[i, i % 7]"
                        + series,
                "INSERT INTO b SELECT i, 1 + i % "
                        + rows
                        + ", i % "
                        + groups
                        + ", i % 983"
                        + series,
                "INSERT INTO c SELECT i, 'c' || i, i FROM generate_series(0, " + groups + ") AS i",
                "INSERT INTO node SELECT i, CASE WHEN i % 10 <> 0 THEN i - 1 END" + series,
                "INSERT INTO part" + of + "i % 997" + series,
                "CREATE INDEX ON a (k)",
                "CREATE INDEX ON a (w)",
                "CREATE INDEX ON a (v, id)",
                "CREATE INDEX ON b (a)",
                "CREATE INDEX ON b (k)",
                "CREATE INDEX ON node (parent)",
                "CREATE INDEX ON part (k)",
                "CREATE VIEW inner_view AS SELECT id, k, v * 2 AS d FROM a WHERE v > 3",
                "CREATE VIEW outer_view AS SELECT k, sum(d) AS s FROM inner_view GROUP BY k",
                "VACUUM ANALYZE");
        return new CostTables(database, rows);
    }

    /// The database they are in.
    public TestDatabase database() {
        return database;
    }

    /// Lets index-only scans do without the tables' pages, as they can soon after a table has been
    /// filled: whether autovacuum has come to that, or was cancelled in the middle, is chance.
    public void settle() {
        database.execute("VACUUM a, b, c, node, part");
    }

    /// Changes a few rows of each table, other ones each time.
    public void change() {
        int first = 20 * ++round;
        database.execute(
                "UPDATE a SET v = v + 1, amount = amount + 1 WHERE id BETWEEN %1$d + 1 AND %1$d + 3"
                        .formatted(first),
                "UPDATE a SET k = k + 1, w = w + 1 WHERE id = %d + 4".formatted(first),
                "DELETE FROM a WHERE id = %d + 5".formatted(first),
                "INSERT INTO a VALUES (%1$d + %2$d, %2$d, %2$d, 5, 5, '{1,2}')"
                        .formatted(rows, round),
                "UPDATE b SET v = v + 1 WHERE id BETWEEN %1$d + 6 AND %1$d + 8".formatted(first),
                "UPDATE b SET a = a + 1, k = k + 1 WHERE id = %d + 9".formatted(first),
                "DELETE FROM b WHERE id = %d + 10".formatted(first),
                "INSERT INTO a VALUES (%1$d + %2$d, %3$d, %3$d, %2$d, 5, '{1,2}')"
                        .formatted(rows, 2000 + round, round),
                "INSERT INTO b VALUES (%1$d + %2$d, %2$d, %2$d, %3$d)"
                        .formatted(rows, round, 2000 + round),
                "UPDATE c SET name = name || 'x', n = n + 1 WHERE k = %d".formatted(2 * round),
                "UPDATE node SET parent = NULL WHERE id = %d + 13".formatted(first),
                "DELETE FROM node WHERE id = %d + 9".formatted(first),
                "INSERT INTO node VALUES (%d, %d)".formatted(rows + round, first + 18),
                "UPDATE part SET v = v + 1 WHERE id BETWEEN %1$d + 1 AND %1$d + 3".formatted(first),
                "DELETE FROM part WHERE id = %d + 5".formatted(first),
                "INSERT INTO part VALUES (%1$d + %2$d, %2$d, 5)".formatted(rows, round));
    }
}
