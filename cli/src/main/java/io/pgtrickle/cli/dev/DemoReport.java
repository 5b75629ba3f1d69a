package io.pgtrickle.cli.dev;

import io.pgtrickle.cli.output.Column;
import io.pgtrickle.cli.output.Format;
import io.pgtrickle.cli.output.Output;
import io.pgtrickle.cli.output.Sheet;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.api.HistoryEntry;
import io.pgtrickle.runtime.api.StreamTableStatus;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Prints every few seconds how far each stream table is behind, and what keeping it fresh costs.
/// One thread.
final class DemoReport implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(DemoReport.class);
    private static final Duration PERIOD = Duration.ofSeconds(5);
    private static final Duration MEASURE_AGAIN = Duration.ofSeconds(30);
    private static final Set<String> WORK = Set.of("DIFFERENTIAL", "FULL", "REINITIALIZE");
    private static final List<Column> COLUMNS =
            List.of(
                    Column.of("stream table"),
                    Column.of("mode"),
                    Column.span("behind"),
                    Column.of("changes"),
                    Column.span("last refresh"),
                    Column.span("full recompute"),
                    Column.of("ratio"));

    private final DataSource source;
    private final StreamTables tables;
    private final Output output;
    private final Map<Long, Measurement> recomputes = new HashMap<>();

    private final Thread thread;

    private record Measurement(long nanoTime, Duration cost) {}

    private DemoReport(DataSource source, StreamTables tables, PrintWriter out) {
        this.source = source;
        this.tables = tables;
        this.output = new Output(out, out, Format.TABLE);
        this.thread = Thread.ofVirtual().name("demo-report").unstarted(this::run);
    }

    static DemoReport start(DataSource source, StreamTables tables, PrintWriter out) {
        DemoReport report = new DemoReport(source, tables, out);
        report.thread.start();
        return report;
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(PERIOD);
                try {
                    print();
                } catch (SQLException | PgTrickleException e) {
                    log.debug("No report this time", e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void print() throws SQLException {
        List<List<Value>> rows = new ArrayList<>();
        List<StreamTableStatus> inOrderOfCreation =
                tables.list().stream()
                        .sorted(Comparator.comparingLong(StreamTableStatus::id))
                        .toList();
        for (StreamTableStatus table : inOrderOfCreation) {
            rows.add(row(table));
        }
        output.out().println();
        output.print(new Sheet(COLUMNS, rows));
    }

    private List<Value> row(StreamTableStatus table) throws SQLException {
        Optional<HistoryEntry> last =
                tables.history(table.name(), 20).stream()
                        .filter(entry ->
                                WORK.contains(entry.action()) && entry.duration().isPresent())
                        .findFirst();
        Duration recompute = recompute(table);
        return List.of(
                Value.of(table.name()),
                Value.of(
                        table.effectiveMode().orElse(table.mode().name()).toLowerCase(Locale.ROOT)),
                Value.of(table.staleness(), Value::of),
                Value.of(last, entry -> Value.of(entry.deltaRows())),
                Value.of(last.flatMap(HistoryEntry::duration), Value::of),
                Value.of(recompute),
                Value.of(last.flatMap(HistoryEntry::duration), cost -> ratio(recompute, cost)));
    }

    private static Value ratio(Duration recompute, Duration refresh) {
        double ratio = (double) recompute.toNanos() / Math.max(1, refresh.toNanos());
        return Value.of(String.format(Locale.ROOT, "%.1fx", ratio));
    }

    private Duration recompute(StreamTableStatus table) throws SQLException {
        Optional<Measurement> known = Optional.ofNullable(recomputes.get(table.id()));
        if (known.isPresent()
                && System.nanoTime() - known.get().nanoTime() < MEASURE_AGAIN.toNanos()) {
            return known.get().cost();
        }
        long start = System.nanoTime();
        readAll(table.query());
        long end = System.nanoTime();
        Duration cost = Duration.ofNanos(end - start);
        recomputes.put(table.id(), new Measurement(end, cost));
        return cost;
    }

    /// Runs the defining query and reads its result, as REFRESH MATERIALIZED VIEW would, but keeps
    /// nothing.
    private void readAll(String query) throws SQLException {
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try (PreparedStatement statement = connection.prepareStatement(query)) {
                statement.setFetchSize(5000);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        Thread.onSpinWait();
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
