package io.pgtrickle.runtime.api;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How often a stream table may be refreshed.
public sealed interface Schedule {

    /// Derived from what depends on the stream table: whenever there are changes.
    record Calculated() implements Schedule {}

    /// At least this long between the starts of two refreshes that had data.
    record Every(Duration interval) implements Schedule {}

    /// The units of a duration, largest first, in milliseconds.
    Map<String, Long> UNITS = units();

    private static Map<String, Long> units() {
        Map<String, Long> units = new LinkedHashMap<>();
        units.put("w", 604_800_000L);
        units.put("d", 86_400_000L);
        units.put("h", 3_600_000L);
        units.put("m", 60_000L);
        units.put("s", 1_000L);
        units.put("ms", 1L);
        return units;
    }

    /// Parses `calculated`, a number of seconds, or a duration such as `500ms` or `1h30m`.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023 for anything else
    static Schedule parse(String text) {
        String trimmed = text.strip();
        if (trimmed.toLowerCase(Locale.ROOT).equals(StreamTableDefinition.DEFAULT_SCHEDULE)) {
            return new Calculated();
        }
        if (trimmed.startsWith("@") || trimmed.contains(" ")) {
            throw invalid(text, "Cron schedules are not supported yet.");
        }
        try {
            long millis = trimmed.matches("[0-9]+")
                    ? Math.multiplyExact(Long.parseLong(trimmed), 1_000L)
                    : millis(trimmed, text);
            if (millis == 0) {
                throw invalid(text, "A schedule must be longer than nothing.");
            }
            return new Every(Duration.ofMillis(millis));
        } catch (ArithmeticException | NumberFormatException e) {
            throw invalid(text, "It is too long.");
        }
    }

    private static long millis(String trimmed, String text) {
        Matcher parts = Pattern.compile("([0-9]+)(ms|[wdhms])").matcher(trimmed);
        long millis = 0;
        int end = 0;
        while (parts.find() && parts.start() == end) {
            long unit = UNITS.getOrDefault(parts.group(2), 0L);
            millis = Math.addExact(millis, Math.multiplyExact(Long.parseLong(parts.group(1)), unit));
            end = parts.end();
        }
        if (end == 0 || end < trimmed.length()) {
            throw invalid(text, "It is not a duration.");
        }
        return millis;
    }

    private static PgTrickleException invalid(String text, String detail) {
        return PgTrickleException.invalidArgument(
                "invalid argument: schedule \"" + text + "\"",
                detail,
                "Use 'calculated', a number of seconds, or numbers with the units ms, s, m, h, d, w, as in '500ms' or"
                        + " '1h30m'.");
    }

    /// The canonical text, which [#parse] reads back.
    default String text() {
        return switch (this) {
            case Calculated _ -> StreamTableDefinition.DEFAULT_SCHEDULE;
            case Every(Duration interval) -> {
                StringBuilder text = new StringBuilder();
                long rest = interval.toMillis();
                for (Map.Entry<String, Long> unit : UNITS.entrySet()) {
                    long count = rest / unit.getValue();
                    rest %= unit.getValue();
                    text.append(count == 0 ? "" : count + unit.getKey());
                }
                yield text.toString();
            }
        };
    }
}
