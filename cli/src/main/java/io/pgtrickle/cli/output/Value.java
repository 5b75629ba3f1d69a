package io.pgtrickle.cli.output;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/// A value of a result. Immutable.
public sealed interface Value {
    /// Text.
    record Text(String text) implements Value {}

    /// Several texts, one a line.
    record Lines(List<String> texts) implements Value {
        public Lines {
            texts = List.copyOf(texts);
        }
    }

    /// A number.
    record Count(long number) implements Value {}

    /// Yes or no.
    record Flag(boolean yes) implements Value {}

    /// A point in time; local time for people, UTC for programs.
    record Moment(Instant instant) implements Value {}

    /// A length of time; with a unit for people, seconds for programs.
    record Span(Duration duration) implements Value {}

    /// Nothing.
    record Missing() implements Value {}

    /// Text.
    static Value of(String text) {
        return new Text(text);
    }

    /// A number.
    static Value of(long number) {
        return new Count(number);
    }

    /// A length of time.
    static Value of(Duration duration) {
        return new Span(duration);
    }

    /// A value that may be missing.
    static <T> Value of(Optional<T> value, Function<T, Value> kind) {
        return value.map(kind).orElseGet(Missing::new);
    }

    /// For a person.
    default String human() {
        return switch (this) {
            case Text(String text) -> text;
            case Lines(List<String> texts) -> String.join("\n", texts);
            case Count(long number) -> Long.toString(number);
            case Flag(boolean yes) -> yes ? "yes" : "no";
            case Moment(Instant instant) -> LOCAL.format(instant.atZone(ZoneId.systemDefault()));
            case Span(Duration duration) -> human(duration);
            case Missing _ -> "";
        };
    }

    /// For a program that reads text.
    default String plain() {
        return switch (this) {
            case Text _, Lines _, Count _, Missing _ -> human();
            case Flag(boolean yes) -> Boolean.toString(yes);
            case Moment(Instant instant) -> instant.toString();
            case Span(Duration duration) -> seconds(duration).toPlainString();
        };
    }

    /// For a program that reads JSON.
    default JsonNode json() {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        return switch (this) {
            case Text _, Moment _ -> nodes.textNode(plain());
            case Lines(List<String> texts) -> {
                ArrayNode array = nodes.arrayNode();
                texts.forEach(array::add);
                yield array;
            }
            case Count(long number) -> nodes.numberNode(number);
            case Flag(boolean yes) -> nodes.booleanNode(yes);
            case Span(Duration duration) -> nodes.numberNode(seconds(duration));
            case Missing _ -> nodes.nullNode();
        };
    }

    /// Whether it is set to the right in a column.
    default boolean isNumeric() {
        return this instanceof Count || this instanceof Span;
    }

    /// Local time with milliseconds.
    DateTimeFormatter LOCAL =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS xx", Locale.ROOT);

    private static BigDecimal seconds(Duration duration) {
        return BigDecimal.valueOf(duration.toNanos() / 1000, 6);
    }

    private static String human(Duration duration) {
        double millis = duration.toNanos() / 1e6;
        if (millis < 1000) {
            return String.format(Locale.ROOT, "%.1f ms", millis);
        }
        if (millis < 120_000) {
            return String.format(Locale.ROOT, "%.1f s", millis / 1000);
        }
        long minutes = duration.toMinutes();
        if (minutes < 120) {
            return minutes + " min";
        }
        return duration.toHours() < 48 ? duration.toHours() + " h" : duration.toDays() + " days";
    }
}
