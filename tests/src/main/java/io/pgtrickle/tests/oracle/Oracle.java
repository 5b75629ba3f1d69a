package io.pgtrickle.tests.oracle;

import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.scenario.Scenario;
import io.pgtrickle.tests.script.Failure;
import io.pgtrickle.tests.script.Outcome;
import io.pgtrickle.tests.script.ScriptRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/// Runs random cases on several workers until it is told to stop or something fails.
public final class Oracle {
    private static final Path FAILURES = Path.of("target", "failures");

    private final TestServer server;
    private final Duration shrinking;

    /// An oracle on a server.
    ///
    /// @param shrinking how long to make a failing case smaller
    public Oracle(TestServer server, Duration shrinking) {
        this.server = server;
        this.shrinking = shrinking;
    }

    /// Runs the cases of `first`, `first + 1`, ...
    ///
    /// @param kinds what is made of each seed
    /// @param failures the number of failing cases after which the run ends
    public Tally run(
            List<Kind> kinds, long first, int workers, int failures, BooleanSupplier enough) {
        Tally tally = new Tally();
        AtomicLong next = new AtomicLong(first);
        try (ExecutorService executor = Executors.newFixedThreadPool(workers)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < workers; i++) {
                running.add(executor.submit(() -> work(kinds, next, tally, failures, enough)));
            }
            for (Future<?> worker : running) {
                worker.get();
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return tally;
    }

    private void work(
            List<Kind> kinds, AtomicLong next, Tally tally, int failures, BooleanSupplier enough) {
        try (ScriptRunner runner = new ScriptRunner(server)) {
            while (!enough.getAsBoolean() && tally.failures().size() < failures) {
                long seed = next.getAndIncrement();
                for (Kind kind : kinds) {
                    one(kind, seed, runner, tally);
                }
            }
        }
    }

    private void one(Kind kind, long seed, ScriptRunner runner, Tally tally) {
        Scenario scenario = kind.scenario(seed);
        Outcome outcome;
        try {
            outcome = runner.run(scenario.script());
        } catch (RuntimeException e) {
            throw new IllegalStateException(
                    "seed " + seed + " " + kind + "\n" + scenario.script().text(), e);
        }
        tally.add(scenario, outcome);
        if (outcome instanceof Outcome.Failed(Failure failure)) {
            tally.add(report(kind, seed, failure, scenario, runner));
        }
    }

    private String report(
            Kind kind, long seed, Failure failure, Scenario scenario, ScriptRunner runner) {
        Scenario smallest =
                new Shrinker(it -> failsLike(failure, runner.run(it.script())), shrinking)
                        .shrink(scenario);
        Outcome again = runner.run(smallest.script());
        Failure shown = again instanceof Outcome.Failed(Failure last) ? last : failure;
        String text =
                "-- seed "
                        + seed
                        + " "
                        + kind
                        + "\n"
                        + comment(shown.toString())
                        + smallest.script().text();
        try {
            Files.createDirectories(FAILURES);
            Files.writeString(FAILURES.resolve(kind + "-" + seed + ".sql"), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text;
    }

    private static String comment(String text) {
        StringBuilder lines = new StringBuilder();
        text.lines().forEach(line -> lines.append("-- | ").append(line).append('\n'));
        return lines.toString();
    }

    private static boolean failsLike(Failure failure, Outcome outcome) {
        return outcome instanceof Outcome.Failed(Failure other)
                && other.kind() == failure.kind()
                && essence(other).equals(essence(failure));
    }

    /// The first line of an error without names and numbers; a difference is a difference.
    private static String essence(Failure failure) {
        if (failure.kind() == Failure.Kind.DIFFERENCE || failure.kind() == Failure.Kind.NOT_IDLE) {
            return "";
        }
        String first = failure.report().lines().findFirst().orElse("");
        return first.replaceAll("\"[^\"]*\"", "").replaceAll("[0-9]+", "");
    }
}
