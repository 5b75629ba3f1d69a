package io.pgtrickle.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.time.ZoneId;
import java.util.List;

/// Measures everything and writes the report; started by `bin/bench`.
///
/// The system property `bench.root` is the project's directory. Exit code 0: written; 1: a
/// measurement failed, a refresh was of the wrong kind or a stream table differed from its query;
/// 2: wrong arguments.
public final class BenchMain {
    private BenchMain() {}

    /// Runs the benchmarks.
    public static void main(String[] arguments) throws SQLException, IOException {
        List<String> words = List.of(arguments);
        if (words.contains("--help")) {
            System.out.println(Options.USAGE);
            return;
        }
        Path root = Path.of(System.getProperty("bench.root", "."));
        try {
            Path standard = root.resolve("docs/BENCHMARKS.md");
            run(
                    Options.parse(words, standard, Clock.system(ZoneId.systemDefault())),
                    root.resolve("bench/target"));
        } catch (Options.UsageException e) {
            System.err.println("bench: " + e.getMessage() + "\n" + Options.USAGE);
            System.exit(2);
        }
    }

    private static void run(Options options, Path data) throws SQLException, IOException {
        double load = Machine.load();
        // A server of its own, so that TPC-H and the rest do not disturb each other.
        TpchResults tpch;
        String report;
        try (Environment environment = Environment.start(data)) {
            Machine machine = Machine.of(environment.writer(), load);
            tpch = new TpchBench(environment, options.tpchScale()).run();
            report = Report.ofTpch(tpch, options.date(), machine);
        }
        if (options.extent() == Options.Extent.EVERYTHING) {
            report = everything(options, data, load, tpch);
        }
        Files.writeString(options.output(), report);
        Progress.say("written: " + options.output());
        if (tpch.maintained() < tpch.queries().size()) {
            System.err.println("bench: not every query of TPC-H was maintained differentially");
            System.exit(1);
        }
    }

    private static String everything(Options options, Path data, double load, TpchResults tpch)
            throws SQLException {
        Scale scale = options.scale();
        try (Environment environment = Environment.start(data)) {
            Machine machine = Machine.of(environment.writer(), load);
            // Before the large tables, whose vacuuming would disturb it.
            LatencyBench.Result latency = new LatencyBench(environment, scale).run();
            ParallelBench.Result parallel = new ParallelBench(environment, scale).run();
            List<CaptureBench.Result> captures = new CaptureBench(environment, scale).run();
            ImmediateBench.Results immediate = new ImmediateBench(environment, scale).run();
            Progress.say("loading " + Numbers.count(scale.orders()) + " orders");
            Orders orders = Orders.load(environment.writer(), scale);
            List<RefreshBench.Result> refreshes =
                    new RefreshBench(environment, scale, orders).run();
            List<PendingBench.Result> pending = new PendingBench(environment, scale, orders).run();
            Results results =
                    new Results(refreshes, captures, immediate, pending, latency, parallel, tpch);
            return new Report(scale, options.date(), machine, results).text();
        }
    }
}
