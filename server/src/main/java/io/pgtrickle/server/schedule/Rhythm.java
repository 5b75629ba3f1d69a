package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.api.Cron;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/// How far apart the refreshes of a stream table are, or of several. Immutable.
sealed interface Rhythm {
    /// A period.
    ///
    /// @param period at least this long from the start of one refresh with data to the start of the
    ///   next; may be zero, at most [#LONGEST]
    /// @param stretches whether it is longer while refreshes take too long
    record Every(Duration period, boolean stretches) implements Rhythm {
        /// A thousand years.
        static final Duration LONGEST = Duration.ofDays(365_000);

        /// Cuts the period.
        public Every {
            period = period.compareTo(LONGEST) < 0 ? period : LONGEST;
        }
    }

    /// Times of the calendar.
    record At(Cron cron) implements Rhythm {}

    /// When one of several is due, or when all of them are.
    record Together(List<Rhythm> parts, boolean all) implements Rhythm {
        /// Copies the list.
        public Together {
            parts = List.copyOf(parts);
        }
    }

    /// When one of several is due, or when all of them are.
    static Rhythm together(List<Rhythm> parts, boolean all) {
        Rhythm first = parts.getFirst();
        if (parts.stream().allMatch(first::equals)) {
            return first;
        }
        boolean periods =
                parts.stream()
                        .allMatch(it ->
                                it instanceof Every(_, boolean stretches)
                                        && first instanceof Every(_, boolean same)
                                        && stretches == same);
        return periods
                ? parts.stream().min(order(Comparator.comparing(Rhythm::span), all)).orElseThrow()
                : new Together(parts, all);
    }

    /// When one that was last refreshed then is due again; MAX for never.
    ///
    /// @param stretch how many times as long a period is that stretches
    default Instant after(Instant last, int stretch) {
        return switch (this) {
            case Every(Duration period, boolean stretches) ->
                    last.plus(stretches ? period.multipliedBy(stretch) : period);
            case At(Cron cron) -> cron.after(last).orElse(Instant.MAX);
            case Together(List<Rhythm> parts, boolean all) ->
                    parts.stream()
                            .map(it -> it.after(last, stretch))
                            .min(order(Instant::compareTo, all))
                            .orElse(Instant.MAX);
        };
    }

    /// The period within which a refresh should end; empty where nothing says so.
    default Optional<Duration> limit() {
        Duration span = span();
        return span.isPositive() ? Optional.of(span) : Optional.empty();
    }

    /// Whether it is longer while refreshes take too long.
    default boolean stretches() {
        return switch (this) {
            case Every(_, boolean stretches) -> stretches;
            case At _ -> false;
            case Together(List<Rhythm> parts, _) -> parts.stream().anyMatch(Rhythm::stretches);
        };
    }

    private Duration span() {
        return switch (this) {
            case Every(Duration period, _) -> period;
            case At _ -> Duration.ZERO;
            case Together(List<Rhythm> parts, boolean all) ->
                    parts.stream()
                            .map(Rhythm::span)
                            .filter(Duration::isPositive)
                            .min(order(Duration::compareTo, all))
                            .orElse(Duration.ZERO);
        };
    }

    private static <T> Comparator<T> order(Comparator<T> earliest, boolean all) {
        return all ? earliest.reversed() : earliest;
    }
}
