package io.pgtrickle.tests.turmoil;

import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/// Random graphs under random failures: `--seconds N` of each, `--tables N`, `--workers N`, `--seed
/// N` of the first, `--graphs N`, `--only TEXT` for one kind of trouble.
public final class TurmoilMain {
    private static final Set<String> OPTIONS =
            Set.of("--seconds", "--tables", "--workers", "--seed", "--graphs", "--only");

    private TurmoilMain() {}

    /// Ends with status 1 when something was wrong.
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!OPTIONS.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println(
                        "usage: turmoil [--seconds N] [--tables N] [--workers N] [--seed N] [--graphs N] [--only TROUBLE]");
                System.exit(2);
            }
            options.put(arguments[i], arguments[i + 1]);
        }
        int first = number(options, "--seed", 1);
        boolean good = true;
        for (int seed = first; seed < first + number(options, "--graphs", 1); seed++) {
            try (TestDatabase database = TestServer.shared().database().weighingCosts()) {
                Turmoil turmoil =
                        new Turmoil(
                                database, seed, number(options, "--tables", 20), TurmoilMain::say);
                Turmoil.Result result =
                        turmoil.run(
                                Duration.ofSeconds(number(options, "--seconds", 60)),
                                number(options, "--workers", 3),
                                options.getOrDefault("--only", ""));
                say(result.toString());
                good &= result.wrong().isEmpty();
            }
        }
        System.exit(good ? 0 : 1);
    }

    private static int number(Map<String, String> options, String name, int standard) {
        return Integer.parseInt(options.getOrDefault(name, Integer.toString(standard)));
    }

    private static void say(String line) {
        System.out.println(
                LocalTime.now(ZoneId.systemDefault()).truncatedTo(ChronoUnit.SECONDS) + " " + line);
    }
}
