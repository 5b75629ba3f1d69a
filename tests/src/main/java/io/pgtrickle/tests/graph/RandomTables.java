package io.pgtrickle.tests.graph;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// A random graph of stream tables over tables, in levels: each reads one or two relations, at
/// least one of them of the level before. All relations have the columns `k`, of some hundred
/// values, and `v`, and stay about as large as the tables.
public final class RandomTables {
    private static final int ROWS = 2_000;
    private static final int KEYS = 200;
    private static final List<String> SCHEDULES =
            List.of("calculated", "calculated", "100ms", "1s", "2s", "5s");

    /// A stream table.
    ///
    /// @param mode as the catalog has it
    public record Table(String name, String query, String schedule, String mode, int level) {}

    private final Random random;
    private final int sources;
    private final int recomputed;
    private final List<Table> tables = new ArrayList<>();
    private final Set<String> immediate = new HashSet<>();

    /// @param count how many stream tables, at least one a level
    /// @param recomputed how many of a hundred of them are of mode FULL
    public RandomTables(long seed, int sources, int count, int levels, int recomputed) {
        this.random = new Random(seed);
        this.sources = sources;
        this.recomputed = recomputed;
        List<String> above = new ArrayList<>();
        for (int i = 1; i <= sources; i++) {
            above.add("source_" + i);
        }
        List<String> all = new ArrayList<>(above);
        for (int level = 1; level <= levels; level++) {
            List<String> names = new ArrayList<>();
            int until = count * level / levels;
            while (tables.size() < until) {
                names.add(add(level, above, all));
            }
            above = names;
            all.addAll(names);
        }
    }

    /// Each after those it reads.
    public List<Table> tables() {
        return List.copyOf(tables);
    }

    /// Makes and fills the tables that are read.
    public List<String> sourceTables() {
        List<String> statements = new ArrayList<>();
        for (int i = 1; i <= sources; i++) {
            statements.add(
                    "CREATE TABLE source_%d (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, k int, v bigint)"
                            .formatted(i));
            statements.add(
                    "INSERT INTO source_%d (k, v) SELECT i %% %d, i FROM generate_series(1, %d) i"
                            .formatted(i, KEYS, ROWS));
        }
        return statements;
    }

    /// A statement that changes a few rows, now and then many, and leaves a table as large as it
    /// is.
    public static String change(Random random, int sources) {
        String table = "source_" + (1 + random.nextInt(sources));
        int key = random.nextInt(KEYS);
        return switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4 ->
                    "INSERT INTO %s (k, v) VALUES (%d, %d)"
                            .formatted(table, key, random.nextInt(10_000));
            case 5, 6, 7, 8, 9 ->
                    "DELETE FROM %1$s WHERE id = (SELECT min(id) FROM %1$s)".formatted(table);
            case 10 ->
                    "UPDATE %s SET v = v + 1 WHERE k %% 20 = %d"
                            .formatted(table, random.nextInt(20));
            case 11 -> "UPDATE %s SET k = NULL WHERE k = %d".formatted(table, key);
            case 12 -> "UPDATE %s SET k = %d WHERE k IS NULL".formatted(table, key);
            default ->
                    "UPDATE %s SET v = v + %d, k = %d WHERE k = %d AND id %% 10 = %d"
                            .formatted(
                                    table,
                                    random.nextInt(10),
                                    random.nextInt(KEYS),
                                    key,
                                    random.nextInt(10));
        };
    }

    private String add(int level, List<String> above, List<String> all) {
        String name = "level_%d_%d".formatted(level, tables.size());
        String first = above.get(random.nextInt(above.size()));
        String second = all.get(random.nextInt(all.size()));
        boolean follows =
                random.nextInt(50) == 0 && followsWriters(first) && followsWriters(second);
        if (follows) {
            immediate.add(name);
        }
        String mode =
                follows ? "IMMEDIATE" : random.nextInt(100) < recomputed ? "FULL" : "DIFFERENTIAL";
        tables.add(
                new Table(
                        name,
                        query(first, second),
                        SCHEDULES.get(random.nextInt(SCHEDULES.size())),
                        mode,
                        level));
        return name;
    }

    /// Stream tables of mode IMMEDIATE read nothing that comes later.
    private boolean followsWriters(String relation) {
        return relation.startsWith("source") || immediate.contains(relation);
    }

    private String query(String a, String b) {
        return switch (random.nextInt(10)) {
            case 0 -> "SELECT k, v FROM %s WHERE v %% 7 <> %d".formatted(a, random.nextInt(7));
            case 1 -> "SELECT k, sum(v) %% 100003 AS v FROM %s GROUP BY k".formatted(a);
            case 2 ->
                    "SELECT k %% 50 AS k, max(v) AS v, min(v) AS w FROM %s GROUP BY k %% 50"
                            .formatted(a);
            case 3 ->
                    "SELECT a.k, a.v + b.v AS v FROM %s a JOIN (SELECT k, count(*) AS v FROM %s GROUP BY k) b ON b.k = a.k"
                            .formatted(a, b);
            case 4 ->
                    "SELECT a.k, coalesce(b.v, a.v) AS v FROM %s a LEFT JOIN (SELECT k, max(v) AS v FROM %s GROUP BY k) b ON b.k = a.k"
                            .formatted(a, b);
            case 5 ->
                    "SELECT k, sum(v) %% 100003 AS v FROM (SELECT k, v FROM %s UNION ALL SELECT k, v FROM %s) u GROUP BY k"
                            .formatted(a, b);
            case 6 ->
                    "SELECT k, v FROM %s a WHERE EXISTS (SELECT FROM %s b WHERE b.k = a.k AND b.v %% 3 = %d)"
                            .formatted(a, b, random.nextInt(3));
            case 7 -> "SELECT DISTINCT k, v %% 10 AS v FROM %s".formatted(a);
            case 8 ->
                    "SELECT k, v FROM (SELECT k, v, row_number() OVER (PARTITION BY k ORDER BY v DESC) AS n FROM %s) w WHERE n <= 3"
                            .formatted(a);
            default ->
                    "SELECT k, avg(v)::bigint AS v, count(*) AS n FROM %s GROUP BY k".formatted(a);
        };
    }
}
