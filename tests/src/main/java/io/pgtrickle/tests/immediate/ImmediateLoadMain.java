package io.pgtrickle.tests.immediate;

import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Concurrent writers under stream tables of mode IMMEDIATE, at each isolation level: `--seconds N`
/// a level, `--writers N`, `--seed N`.
public final class ImmediateLoadMain {
    private static final Set<String> OPTIONS = Set.of("--seconds", "--writers", "--seed");

    private ImmediateLoadMain() {}

    /// Ends with status 1 when something was wrong.
    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < arguments.length; i += 2) {
            if (!OPTIONS.contains(arguments[i]) || i + 1 == arguments.length) {
                System.err.println("usage: immediate-load [--seconds N] [--writers N] [--seed N]");
                System.exit(2);
            }
            options.put(arguments[i], arguments[i + 1]);
        }
        Duration time = Duration.ofSeconds(Long.parseLong(options.getOrDefault("--seconds", "60")));
        int writers = Integer.parseInt(options.getOrDefault("--writers", "100"));
        long seed = Long.parseLong(options.getOrDefault("--seed", "1"));
        System.out.printf("%d writers, %d s a level, seed %d%n", writers, time.toSeconds(), seed);
        boolean good = true;
        for (LoadTables tables : List.of(LoadTables.GRAPH, LoadTables.GROUPS)) {
            for (Level level : Level.values()) {
                try (TestDatabase database = TestServer.shared().database()) {
                    LoadTally tally =
                            new ImmediateLoad(database, tables, writers, seed).run(level, time);
                    System.out.println(tally);
                    List<String> failures = tally.failures();
                    failures.stream().limit(5).forEach(System.out::println);
                    good &= failures.isEmpty();
                }
            }
        }
        System.exit(good ? 0 : 1);
    }
}
