package io.pgtrickle.bench;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// What stream tables of mode IMMEDIATE add to a write: the same transactions on tables alike that
/// none, one and five of them read, in turn.
final class ImmediateBench {
    /// How many stream tables read each of the tables.
    static final List<Integer> READERS = List.of(0, 1, 5);

    private static final int WARM_UPS = 2;
    private static final int ROWS = 10_000;
    private static final long NEW_ROWS = 100_000_000;
    private static final String QUERY =
            "SELECT k, count(*) AS n, sum(v) AS total FROM %s GROUP BY k";

    private final Environment environment;
    private final Scale scale;
    private final Connection connection;

    ImmediateBench(Environment environment, Scale scale) {
        this.environment = environment;
        this.scale = scale;
        this.connection = environment.writer();
    }

    /// A transaction of one statement.
    ///
    /// @param sql with the table's name and the number of the repetition, and what that is
    ///   multiplied with
    /// @param many whether it changes 10,000 rows
    private record Kind(String title, String sql, boolean many) {}

    private static final List<Kind> KINDS =
            List.of(
                    new Kind("INSERT of 1 row", "INSERT INTO %s VALUES (%d, %d %% 1000, 1)", false),
                    new Kind(
                            "UPDATE of 1 row",
                            "UPDATE %s SET v = v + 1 WHERE id = 1 + %d %% 10000 AND %d > 0",
                            false),
                    new Kind("DELETE of 1 row", "DELETE FROM %s WHERE id = %d AND %d > 0", false),
                    new Kind(
                            "INSERT of 10,000 rows",
                            "INSERT INTO %s SELECT %d + i, i %% 1000, 1 FROM generate_series(1, 10000) i WHERE %d > 0",
                            true),
                    new Kind(
                            "UPDATE of 10,000 rows",
                            "UPDATE %s SET v = v + 1 WHERE id <= 10000 AND %d > 0 AND %d > 0",
                            true),
                    new Kind(
                            "DELETE of 10,000 rows",
                            "DELETE FROM %s WHERE id > 10000 AND %d > 0 AND %d > 0",
                            true));

    /// Milliseconds of a transaction, by the position in [#READERS].
    record Result(String title, List<Samples> times) {
        Result {
            times = List.copyOf(times);
        }

        double ratio(int readers) {
            return times.get(READERS.indexOf(readers)).median() / times.getFirst().median();
        }
    }

    /// What was measured.
    ///
    /// @param growth how many times as long an INSERT of one row takes on 100 times as many rows
    record Results(List<Result> results, double growth) {
        Results {
            results = List.copyOf(results);
        }

        Result singleInsert() {
            return results.getFirst();
        }
    }

    Results run() throws SQLException {
        Progress.say("writes under IMMEDIATE stream tables");
        for (int readers : READERS) {
            create("followed_" + readers, ROWS, readers);
        }
        List<Result> results = new ArrayList<>();
        for (Kind kind : KINDS) {
            results.add(
                    new Result(kind.title(), READERS.stream().map(_ -> new Samples()).toList()));
        }
        for (int round = 0; round < WARM_UPS + scale.pairs(); round++) {
            for (int kind = 0; kind < KINDS.size(); kind++) {
                for (int i = 0; i < READERS.size(); i++) {
                    int place = (i + round) % READERS.size();
                    double time = time("followed_" + READERS.get(place), KINDS.get(kind), round);
                    if (round >= WARM_UPS) {
                        results.get(kind).times().get(place).add(time);
                    }
                }
            }
        }
        for (int readers : READERS) {
            drop("followed_" + readers, readers);
        }
        return new Results(results, growth());
    }

    private double time(String table, Kind kind, int round) throws SQLException {
        int times = kind.many() ? 1 : scale.transactions() / 6;
        long first = NEW_ROWS + (long) round * ROWS;
        double elapsed =
                Stopwatch.time(() -> {
                    for (int i = 0; i < times; i++) {
                        Sql.execute(connection, kind.sql().formatted(table, first + i, first + i));
                    }
                });
        return elapsed / times;
    }

    /// The same on a small and a large table.
    private double growth() throws SQLException {
        int large = scale.orders();
        create("small", ROWS, 1);
        create("large", large, 1);
        Samples small = new Samples();
        Samples big = new Samples();
        for (int round = 0; round < WARM_UPS + scale.pairs(); round++) {
            double first = time("small", KINDS.getFirst(), round);
            double second = time("large", KINDS.getFirst(), round);
            if (round >= WARM_UPS) {
                small.add(first);
                big.add(second);
            }
        }
        drop("small", 1);
        drop("large", 1);
        return big.median() / small.median();
    }

    private void create(String table, int rows, int readers) throws SQLException {
        Sql.execute(connection, "CREATE TABLE " + table + " (id bigint PRIMARY KEY, k int, v int)");
        Sql.execute(
                connection,
                "INSERT INTO "
                        + table
                        + " SELECT i, i % 1000, i FROM generate_series(1, "
                        + rows
                        + ") i");
        Sql.execute(connection, "VACUUM (ANALYZE) " + table);
        for (int i = 0; i < readers; i++) {
            environment
                    .tables()
                    .create(
                            StreamTableDefinition.of(reader(table, i), QUERY.formatted(table))
                                    .withMode(RefreshMode.IMMEDIATE));
        }
    }

    private static String reader(String table, int number) {
        return table + "_reader_" + number;
    }

    private void drop(String table, int readers) throws SQLException {
        for (int i = 0; i < readers; i++) {
            String reader = reader(table, i);
            String query = QUERY.formatted(table);
            long differing =
                    Sql.one(
                            connection,
                            "SELECT count(*) FROM ((SELECT k, n, total FROM %s EXCEPT ALL (%s)) UNION ALL ((%s) EXCEPT ALL SELECT k, n, total FROM %s)) d"
                                    .formatted(reader, query, query, reader),
                            row -> row.getLong(1));
            if (differing > 0) {
                throw new IllegalStateException(reader + " differs from its query");
            }
            environment.tables().drop(reader, DropBehavior.RESTRICT);
        }
        Sql.execute(connection, "DROP TABLE " + table);
    }
}
