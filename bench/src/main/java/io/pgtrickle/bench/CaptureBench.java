package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// What capture adds to a write: the same write to two identical tables, in turn.
final class CaptureBench {
    private static final int WARM_UPS = 3;

    private final Environment environment;
    private final Scale scale;

    CaptureBench(Environment environment, Scale scale) {
        this.environment = environment;
        this.scale = scale;
    }

    /// The milliseconds of both tables and their ratio, pair by pair.
    ///
    /// @param bufferRows the most rows that one run left in the change buffer
    record Result(Write write, Samples plain, Samples captured, Samples ratio, long bufferRows) {}

    List<Result> run() throws SQLException {
        List<Result> results = new ArrayList<>();
        for (Write write : Write.values()) {
            Progress.say("capture, " + write.title());
            String name = "narrow_" + write.name().toLowerCase(Locale.ROOT);
            try (Twins twins = Twins.create(environment, name, write.read())) {
                results.add(new Pairs(write, twins).measure());
                twins.verify();
            }
        }
        return results;
    }

    /// All pairs of one write.
    private final class Pairs {
        private final Write write;
        private final Twins twins;
        private final Samples plain = new Samples();
        private final Samples captured = new Samples();
        private final Samples ratio = new Samples();
        private long bufferRows;

        Pairs(Write write, Twins twins) {
            this.write = write;
            this.twins = twins;
        }

        Result measure() throws SQLException {
            Sql.execute(environment.writer(), "CHECKPOINT");
            for (int pair = 0; pair < WARM_UPS + scale.pairs(); pair++) {
                boolean plainFirst = pair % 2 == 0;
                double first = once(plainFirst ? twins.plain() : twins.captured());
                double second = once(plainFirst ? twins.captured() : twins.plain());
                if (pair >= WARM_UPS) {
                    add(plainFirst ? first : second, plainFirst ? second : first);
                }
                twins.settle();
            }
            return new Result(write, plain, captured, ratio, bufferRows);
        }

        private void add(double plainTime, double capturedTime) {
            plain.add(plainTime);
            captured.add(capturedTime);
            ratio.add(capturedTime / plainTime);
        }

        private double once(String table) throws SQLException {
            Connection connection = environment.writer();
            for (String sql : write.before()) {
                Sql.execute(connection, sql.formatted(table));
            }
            long before = twins.buffered().batches();
            double elapsed = write.time(connection, table, scale.transactions());
            if (table.equals(twins.captured())) {
                check(twins.buffered().batches() - before);
            }
            for (String sql : write.after()) {
                Sql.execute(connection, sql.formatted(table));
            }
            return elapsed;
        }

        private void check(long rows) {
            bufferRows = Math.max(bufferRows, rows);
            if (write.isCaptured() && rows == 0) {
                throw new IllegalStateException(write.title() + " was not captured");
            }
        }
    }
}
