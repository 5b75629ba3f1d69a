package io.pgtrickle.tests.graph;

import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// A random graph of stream tables under a load: `--tables N`, `--sources N`, `--levels N`,
/// `--recomputed PERCENT`, `--seconds N`, `--pause MILLISECONDS` of each of four writers,
/// `--workers N`, `--seed N`.
public final class GraphLoadMain {
    private static final Set<String> OPTIONS =
            Set.of(
                    "--tables",
                    "--sources",
                    "--levels",
                    "--recomputed",
                    "--seconds",
                    "--pause",
                    "--workers",
                    "--seed");

    private GraphLoadMain() {}

    /// Ends with status 1 when something was wrong.
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!OPTIONS.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println(
                        "usage: graph-load [--tables N] [--sources N] [--levels N] [--recomputed PERCENT] [--seconds N]"
                                + " [--pause MILLISECONDS] [--workers N] [--seed N]");
                System.exit(2);
            }
            options.put(arguments[i], arguments[i + 1]);
        }
        try (TestDatabase database = TestServer.shared().database().weighingCosts()) {
            GraphLoad load =
                    new GraphLoad(
                            database,
                            number(options, "--seed", 1),
                            number(options, "--sources", 50),
                            number(options, "--tables", 500),
                            number(options, "--levels", 8),
                            number(options, "--recomputed", 3),
                            GraphLoadMain::say);
            GraphLoad.Result result =
                    load.run(
                            Duration.ofSeconds(number(options, "--seconds", 600)),
                            Duration.ofMillis(number(options, "--pause", 20)),
                            number(options, "--workers", 4),
                            true);
            say(result.toString());
            System.exit(result.failures().isEmpty() && result.differences().isEmpty() ? 0 : 1);
        }
    }

    private static int number(Map<String, String> options, String name, int standard) {
        return Integer.parseInt(options.getOrDefault(name, Integer.toString(standard)));
    }

    private static void say(String line) {
        System.out.println(
                LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + line);
    }
}
