package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How often a stream table may be refreshed.
///
/// Immutable. Texts: `calculated`; a bare number of seconds; numbers with the units `w d h m s ms`,
/// each pair added to the total, such as `500ms`, `1s500ms`, `1h30m`; or what [Cron] reads: what
/// starts with `@` or has a blank in it.
public sealed interface Schedule permits Schedule.Calculated, Schedule.Every, Cron {

    /// Whenever there are changes, as far as what depends on the stream table asks for.
    record Calculated() implements Schedule {}

    /// At least this long between the starts of two refreshes that had data.
    ///
    /// @param interval positive, whole milliseconds
    record Every(Duration interval) implements Schedule {
        /// Checks the interval.
        public Every {
            if (!interval.isPositive() || interval.toNanosPart() % 1_000_000 != 0) {
                throw invalid(
                        interval.toString(),
                        "An interval is a positive number of whole milliseconds.");
            }
        }
    }

    /// Parses a schedule; blanks around it are ignored.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023 when the text is anything else
    static Schedule parse(String text) {
        String trimmed = text.strip();
        if (trimmed.toLowerCase(Locale.ROOT).equals(StreamTableDefinition.DEFAULT_SCHEDULE)) {
            return new Calculated();
        }
        if (trimmed.isEmpty()) {
            throw invalid(text, "It is empty.");
        }
        if (trimmed.startsWith("@") || trimmed.chars().anyMatch(Character::isWhitespace)) {
            return Cron.parse(text);
        }
        long millis = Durations.millis(trimmed, text);
        if (millis == 0) {
            throw invalid(text, "A duration must be longer than zero.");
        }
        return new Every(Duration.ofMillis(millis));
    }

    /// The canonical text, which [#parse] reads back: largest units first, such as `1m30s` for
    /// `90`.
    default String text() {
        return switch (this) {
            case Calculated _ -> StreamTableDefinition.DEFAULT_SCHEDULE;
            case Every(Duration interval) -> Durations.text(interval.toMillis());
            case Cron cron -> cron.expression();
        };
    }

    private static PgTrickleException invalid(String text, String detail) {
        return PgTrickleException.invalidArgument(
                "invalid argument: schedule \"" + text + "\"",
                detail,
                "Use 'calculated', a number of seconds, numbers with the units ms, s, m, h, d, w, as in '500ms' or"
                        + " '1h30m', or a cron schedule, as in '0 9 * * MON-FRI' or '@hourly'.");
    }

    /// Durations as text.
    final class Durations {
        private static final Pattern NUMBER = Pattern.compile("[0-9]+");
        private static final Pattern PART = Pattern.compile("([0-9]+)(ms|[a-zA-Z]+)");

        private record Unit(String name, long millis) {}

        private static final List<Unit> LARGEST_FIRST =
                List.of(
                        new Unit("w", 604_800_000),
                        new Unit("d", 86_400_000),
                        new Unit("h", 3_600_000),
                        new Unit("m", 60_000),
                        new Unit("s", 1_000),
                        new Unit("ms", 1));

        private Durations() {}

        private static long millis(String trimmed, String text) {
            try {
                return NUMBER.matcher(trimmed).matches()
                        ? Math.multiplyExact(Long.parseLong(trimmed), 1_000L)
                        : sum(trimmed, text);
            } catch (ArithmeticException | NumberFormatException _) {
                throw invalid(text, "The duration is too long.");
            }
        }

        private static long sum(String trimmed, String text) {
            Matcher parts = PART.matcher(trimmed);
            long millis = 0;
            int end = 0;
            while (parts.find() && parts.start() == end) {
                long unit = unit(parts.group(2), text);
                millis =
                        Math.addExact(
                                millis, Math.multiplyExact(Long.parseLong(parts.group(1)), unit));
                end = parts.end();
            }
            if (end < trimmed.length()) {
                throw invalid(
                        text,
                        "It is not a duration: \""
                                + trimmed.substring(end)
                                + "\" is not understood.");
            }
            return millis;
        }

        private static long unit(String name, String text) {
            return LARGEST_FIRST.stream()
                    .filter(unit -> unit.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> invalid(text, "\"" + name + "\" is not a unit."))
                    .millis();
        }

        private static String text(long millis) {
            StringBuilder text = new StringBuilder();
            long rest = millis;
            for (Unit unit : LARGEST_FIRST) {
                long count = rest / unit.millis();
                rest %= unit.millis();
                text.append(count == 0 ? "" : count + unit.name());
            }
            return text.toString();
        }
    }
}
