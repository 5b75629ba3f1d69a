package io.pgtrickle.tests.support;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// What happens to the tables of the support matrix between refreshes: `rounds.sql`, or random
/// changes by `mutate.sql`.
final class Rounds {
    private static final String ROUND = "-- round";
    private static final String TRANSACTION = "-- transaction";

    private Rounds() {}

    /// The transactions before one refresh.
    ///
    /// @param title what it is about
    /// @param differential false when something in it lets every reader recompute
    record Round(String title, boolean differential, List<String> transactions) {
        Round {
            transactions = List.copyOf(transactions);
        }
    }

    static List<Round> read() {
        List<Round> rounds = new ArrayList<>();
        for (String part : text("rounds.sql").split("(?m)^" + ROUND, -1)) {
            int end = part.indexOf('\n');
            String title = part.substring(0, Math.max(end, 0)).strip();
            if (!title.startsWith(":") && !title.startsWith("(recomputes):")) {
                continue;
            }
            List<String> transactions = new ArrayList<>();
            for (String transaction : part.substring(end).split("(?m)^" + TRANSACTION, -1)) {
                if (!transaction.isBlank()) {
                    transactions.add(transaction);
                }
            }
            rounds.add(
                    new Round(
                            title.substring(title.indexOf(':') + 1).strip(),
                            title.startsWith(":"),
                            transactions));
        }
        return rounds;
    }

    /// Random rounds; the first defines what the others call.
    static List<Round> random(long seed, int count) {
        List<Round> rounds = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            String call = "CALL pool.mutate('" + seed + "/" + i + "')";
            rounds.add(
                    new Round(
                            "random round " + i + " of seed " + seed,
                            true,
                            i == 1 ? List.of(text("mutate.sql"), call) : List.of(call)));
        }
        return rounds;
    }

    private static String text(String name) {
        try (InputStream in = Objects.requireNonNull(Rounds.class.getResourceAsStream(name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
