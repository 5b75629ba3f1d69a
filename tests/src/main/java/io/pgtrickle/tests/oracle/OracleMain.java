package io.pgtrickle.tests.oracle;

import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Outcome;
import io.pgtrickle.tests.script.Script;
import io.pgtrickle.tests.script.ScriptRunner;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The oracle for as long as one likes: `--minutes N`, `--seed S` to begin with, `--cases N`,
/// `--workers N`, `--failures N` to end after that many, `--kind differential` or `immediate` to
/// make only one of each seed, `--print` to show the cases of the seed only, `--script FILE` to run
/// a saved script.
public final class OracleMain {
    private static final Set<String> OPTIONS =
            Set.of(
                    "--minutes",
                    "--seed",
                    "--cases",
                    "--workers",
                    "--failures",
                    "--shrink-seconds",
                    "--kind",
                    "--script");

    private OracleMain() {}

    /// Ends with status 1 when a case failed.
    public static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (word.equals("--print")) {
                options.put(word, "");
            } else if (OPTIONS.contains(word) && i + 1 < words.size()) {
                options.put(word, words.get(++i));
            } else {
                System.err.println(
                        "usage: fuzz [--minutes N] [--seed S] [--cases N] [--workers N] [--failures N]"
                                + " [--shrink-seconds N] [--kind differential|immediate] [--print] [--script FILE]");
                System.exit(2);
            }
        }
        if (options.containsKey("--script")) {
            System.exit(replay(Path.of(options.getOrDefault("--script", ""))) ? 0 : 1);
        }
        long seed =
                Long.parseLong(
                        options.getOrDefault(
                                "--seed",
                                String.valueOf(System.currentTimeMillis() % 1_000_000_000)));
        if (options.containsKey("--print")) {
            kinds(options).forEach(it -> System.out.println(it.scenario(seed).script().text()));
            return;
        }
        System.exit(run(seed, options) ? 0 : 1);
    }

    private static List<Kind> kinds(Map<String, String> options) {
        String wanted = options.getOrDefault("--kind", "");
        return Arrays.stream(Kind.values())
                .filter(it -> wanted.isEmpty() || it.toString().equals(wanted))
                .toList();
    }

    private static boolean replay(Path file) {
        try (ScriptRunner runner = new ScriptRunner(TestServer.shared())) {
            Outcome outcome = runner.run(Script.parse(Files.readString(file)));
            System.out.println(outcome);
            return outcome instanceof Outcome.Passed;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean run(long seed, Map<String, String> options) {
        long cases =
                Long.parseLong(options.getOrDefault("--cases", String.valueOf(Long.MAX_VALUE)));
        Duration limit =
                options.containsKey("--cases") && !options.containsKey("--minutes")
                        ? Duration.ofDays(1)
                        : Duration.ofMinutes(
                                Long.parseLong(options.getOrDefault("--minutes", "5")));
        int workers = Integer.parseInt(options.getOrDefault("--workers", "2"));
        int failures = Integer.parseInt(options.getOrDefault("--failures", "1"));
        Duration shrinking =
                Duration.ofSeconds(Long.parseLong(options.getOrDefault("--shrink-seconds", "60")));
        System.out.println(
                "first seed " + seed + ", for at most " + limit.toMinutes() + " minutes");
        Oracle oracle = new Oracle(TestServer.shared(), shrinking);
        Tally tally = oracle.run(kinds(options), seed, workers, failures, new Budget(cases, limit));
        tally.failures()
                .forEach(failure -> {
                    System.out.println(failure);
                    String first = failure.lines().findFirst().orElse("");
                    System.out.println(
                            "replay: bin/fuzz --cases 1 --workers 1 --kind "
                                    + first.substring(first.lastIndexOf(' ') + 1)
                                    + " --seed "
                                    + first.replaceAll("[^0-9]", ""));
                });
        System.out.println(tally.summary());
        tally.invalid().stream()
                .distinct()
                .limit(10)
                .forEach(it -> System.out.println("not run: " + it));
        return tally.failures().isEmpty();
    }
}
