package io.pgtrickle.tests.immediate;

import io.pgtrickle.tests.postgres.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Concurrent writers of random transactions. What ends with 40001 or 40P01 is tried again until it
/// is done; any other error is a failure. A reader compares the stream tables with their queries
/// all the while, and writers do so before they commit, now and then.
public final class ImmediateLoad {
    private static final int MOST_ATTEMPTS = 5_000;

    private final TestDatabase database;
    private final LoadTables tables;
    private final int writers;
    private final long seed;

    /// Makes the tables in an empty database.
    public ImmediateLoad(TestDatabase database, LoadTables tables, int writers, long seed) {
        this.database = database;
        this.tables = tables;
        this.writers = writers;
        this.seed = seed;
        tables.create(database);
    }

    /// Lets writers begin transactions for some time.
    public LoadTally run(Level level, Duration time) throws Exception {
        return run(level, time, () -> {});
    }

    /// Something that goes on beside the writers.
    @FunctionalInterface
    public interface Beside {
        void run() throws Exception;
    }

    /// Lets writers begin transactions for some time, and does something else meanwhile, again and
    /// again.
    public LoadTally run(Level level, Duration time, Beside beside) throws Exception {
        LoadTally tally = new LoadTally(level);
        long end = System.nanoTime() + time.toNanos();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                Random random = new Random(seed * 1000 + i);
                running.add(
                        threads.submit(() -> {
                            write(level, random, end, tally);
                            return true;
                        }));
            }
            running.add(
                    threads.submit(() -> {
                        compare(end, tally);
                        return true;
                    }));
            do {
                beside.run();
                Thread.sleep(Duration.ofMillis(5));
            } while (System.nanoTime() < end);
            for (Future<?> thread : running) {
                thread.get();
            }
        }
        try (Connection connection = database.dataSource().getConnection()) {
            tables.differences(connection).values().forEach(it -> tally.failed("at the end " + it));
        }
        return tally;
    }

    private void compare(long end, LoadTally tally) throws Exception {
        try (Connection connection = database.dataSource().getConnection()) {
            while (System.nanoTime() < end && tally.failures().isEmpty()) {
                tables.differences(connection)
                        .values()
                        .forEach(it -> tally.failed("meanwhile " + it));
                tally.compared();
                // Leaves the processor to the writers.
                Thread.sleep(Duration.ofMillis(20));
            }
        }
    }

    private void write(Level level, Random random, long end, LoadTally tally) throws SQLException {
        try (Connection connection = database.dataSource().getConnection()) {
            while (System.nanoTime() < end && tally.failures().isEmpty()) {
                List<String> statements = new LoadTransaction(random, level).statements();
                boolean compares = random.nextInt(50) == 0;
                untilDone(connection, statements, compares, tally);
            }
        }
    }

    private void untilDone(
            Connection connection, List<String> statements, boolean compares, LoadTally tally)
            throws SQLException {
        for (int attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
            try {
                execute(connection, statements, compares, tally);
                tally.ended(!statements.getLast().equals("ROLLBACK"), attempt);
                return;
            } catch (SQLException e) {
                if (!LoadTally.RETRIED.contains(e.getSQLState())) {
                    tally.failed(e.getSQLState() + " " + e.getMessage() + " of " + statements);
                    return;
                }
                tally.retried(e.getSQLState());
                if (!tally.failures().isEmpty()) {
                    return;
                }
                try (Statement statement = connection.createStatement()) {
                    statement.execute("ROLLBACK");
                }
            }
        }
        tally.failed("not done after " + MOST_ATTEMPTS + " attempts: " + statements);
    }

    private void execute(
            Connection connection, List<String> statements, boolean compares, LoadTally tally)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            for (String sql : statements) {
                if (compares && sql.equals("COMMIT")) {
                    tables.differences(connection)
                            .values()
                            .forEach(it ->
                                    tally.failed("before the end of " + statements + " " + it));
                    tally.compared();
                }
                statement.execute(sql);
            }
        }
    }
}
