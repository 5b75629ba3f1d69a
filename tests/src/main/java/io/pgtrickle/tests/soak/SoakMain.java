package io.pgtrickle.tests.soak;

import io.pgtrickle.tests.graph.GraphLoad;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Hours of a random graph of stream tables under a load, with curves of memory, buffers and
/// latency: `--hours N`, fractions too, `--tables N`, `--sources N`, `--pause MILLISECONDS` of each
/// of four writers, `--workers N`, `--seed N`, `--pictures DIRECTORY`.
public final class SoakMain {
    private static final Set<String> OPTIONS =
            Set.of(
                    "--hours",
                    "--tables",
                    "--sources",
                    "--pause",
                    "--workers",
                    "--seed",
                    "--pictures");
    private static final int SAMPLES = 120;

    private final TestDatabase database;
    private final Probe probe;
    private final Path pictures;
    private final List<Sample> samples = new ArrayList<>();
    private GraphLoad.Moment last = new GraphLoad.Moment(Duration.ZERO, 0, 0, 0, 0);

    private SoakMain(TestDatabase database, Path pictures) {
        this.database = database;
        this.probe = new Probe(database);
        this.pictures = pictures;
    }

    /// Ends with status 1 when something was wrong.
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!OPTIONS.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println(
                        "usage: soak [--hours N] [--tables N] [--sources N] [--pause MILLISECONDS] [--workers N] [--seed N]"
                                + " [--pictures DIRECTORY]");
                System.exit(2);
            }
            options.put(arguments[i], arguments[i + 1]);
        }
        double hours = Double.parseDouble(options.getOrDefault("--hours", "1"));
        Path pictures = Path.of(options.getOrDefault("--pictures", "target/soak"));
        try (TestDatabase database = TestServer.shared().database().weighingCosts()) {
            GraphLoad load =
                    new GraphLoad(
                            database,
                            number(options, "--seed", 1),
                            number(options, "--sources", 20),
                            number(options, "--tables", 100),
                            5,
                            3,
                            System.out::println);
            GraphLoad.Result result =
                    new SoakMain(database, pictures)
                            .run(
                                    load,
                                    Duration.ofMillis(Math.round(hours * 3_600_000)),
                                    Duration.ofMillis(number(options, "--pause", 100)),
                                    number(options, "--workers", 4));
            System.out.println(
                    "%,d commits, %,d refreshes, settled after %.1f s, failed: %s, different: %s"
                            .formatted(
                                    result.commits(),
                                    result.refreshes(),
                                    result.settle().toMillis() / 1e3,
                                    result.failures(),
                                    result.differences()));
            System.out.println("Curves: " + pictures.toAbsolutePath());
            System.exit(result.failures().isEmpty() && result.differences().isEmpty() ? 0 : 1);
        }
    }

    private static int number(Map<String, String> options, String name, int standard) {
        return Integer.parseInt(options.getOrDefault(name, Integer.toString(standard)));
    }

    private GraphLoad.Result run(GraphLoad load, Duration time, Duration pause, int workers)
            throws Exception {
        Thread prober = Thread.ofVirtual().name("probe").start(probe);
        try (Session session = database.session()) {
            return load.run(
                    time,
                    pause,
                    workers,
                    false,
                    time.dividedBy(SAMPLES),
                    moment -> sample(session, moment));
        } finally {
            probe.end();
            prober.join();
        }
    }

    /// The pictures are drawn anew with each sample, so that a run can be watched, or ended.
    private void sample(Session session, GraphLoad.Moment moment) {
        List<List<Double>> latencies = probe.take();
        double seconds = moment.since().minus(last.since()).toMillis() / 1e3;
        samples.add(
                new Sample(
                        moment.since().toMillis() / 60e3,
                        (moment.commits() - last.commits()) / seconds,
                        (moment.refreshes() - last.refreshes()) / seconds,
                        moment.pending(),
                        moment.heap(),
                        megabytes(
                                session,
                                "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r'"
                                        + " AND relname ~ '^changes_' AND relnamespace = 'pgtrickle_changes'::regnamespace"),
                        megabytes(session, "SELECT pg_database_size(current_database())"),
                        percentile(latencies.getFirst(), 0.5),
                        percentile(latencies.getFirst(), 0.95),
                        percentile(latencies.getLast(), 0.5),
                        percentile(latencies.getLast(), 0.95)));
        last = moment;
        System.out.println(samples.getLast());
        try {
            new Curves(pictures, samples).write();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double megabytes(Session session, String sql) {
        return Long.parseLong(session.value(sql)) / 1048576.0;
    }

    private static double percentile(List<Double> values, double share) {
        List<Double> sorted = values.stream().sorted().toList();
        return sorted.isEmpty()
                ? Double.NaN
                : sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }
}
