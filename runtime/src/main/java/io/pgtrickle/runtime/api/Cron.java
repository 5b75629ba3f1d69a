package io.pgtrickle.runtime.api;

import com.cronutils.model.definition.CronDefinition;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A schedule at times of the calendar, in UTC.
///
/// Five fields, as in crontab: minute, hour, day of month, month, day of week. With six, the first
/// one is the second. A field is `*`, a number, a range `a-b`, either with a step `/n`, or several
/// of these with commas; months and days of the week also have names of three letters, Sunday is 0
/// and 7. When both days are restricted, either of them will do. Instead, one of
/// `@hourly @daily @weekly @monthly @yearly @annually`. Immutable; equal by text.
public final class Cron implements Schedule {
    private static final Map<String, String> ALIASES =
            Map.of(
                    "@hourly", "0 * * * *",
                    "@daily", "0 0 * * *",
                    "@weekly", "0 0 * * 0",
                    "@monthly", "0 0 1 * *",
                    "@yearly", "0 0 1 1 *",
                    "@annually", "0 0 1 1 *");

    private static final List<String> FIELDS =
            List.of("second", "minute", "hour", "day of month", "month", "day of week");

    private static final CronParser WITH_SECONDS =
            new CronParser(
                    fromMinutes(
                            CronDefinitionBuilder.defineCron()
                                    .withSeconds()
                                    .withValidRange(0, 59)
                                    .withStrictRange()
                                    .and()));
    private static final CronParser WITHOUT_SECONDS =
            new CronParser(fromMinutes(CronDefinitionBuilder.defineCron()));

    private final String expression;
    private final ExecutionTime times;

    private Cron(String expression, ExecutionTime times) {
        this.expression = expression;
        this.times = times;
    }

    private static CronDefinition fromMinutes(CronDefinitionBuilder builder) {
        return builder.withMinutes()
                .withValidRange(0, 59)
                .withStrictRange()
                .and()
                .withHours()
                .withValidRange(0, 23)
                .withStrictRange()
                .and()
                .withDayOfMonth()
                .withValidRange(1, 31)
                .withStrictRange()
                .and()
                .withMonth()
                .withValidRange(1, 12)
                .withStrictRange()
                .and()
                .withDayOfWeek()
                .withValidRange(0, 7)
                .withMondayDoWValue(1)
                .withIntMapping(7, 0)
                .withStrictRange()
                .and()
                .instance();
    }

    /// Parses a schedule; blanks around it are ignored.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023 when the text is not one, or no time ever
    ///   matches it
    static Cron parse(String text) {
        String trimmed = text.strip();
        if (trimmed.startsWith("@")) {
            String alias = trimmed.toLowerCase(Locale.ROOT);
            String meaning = ALIASES.get(alias);
            if (meaning == null) {
                throw invalid(text, "There is no schedule of the name " + trimmed + ".");
            }
            return new Cron(alias, times(List.of(meaning.split(" ", -1))));
        }
        List<String> fields = List.of(trimmed.toUpperCase(Locale.ROOT).split("\\s+", -1));
        if (fields.size() != 5 && fields.size() != 6) {
            throw invalid(
                    text,
                    "It is read as a cron schedule, which has five or six fields and not "
                            + fields.size()
                            + ".");
        }
        Cron cron;
        try {
            cron = new Cron(String.join(" ", fields), times(fields));
        } catch (IllegalArgumentException e) {
            throw invalid(text, wrongField(fields).orElseGet(() -> reason(e)));
        }
        if (cron.after(Instant.EPOCH).isEmpty()) {
            throw invalid(text, "There is no such day.");
        }
        return cron;
    }

    private static ExecutionTime times(List<String> fields) {
        CronParser parser = fields.size() == 6 ? WITH_SECONDS : WITHOUT_SECONDS;
        return ExecutionTime.forCron(parser.parse(String.join(" ", fields)));
    }

    /// The field that cannot be read, even with nothing special in the others.
    private static Optional<String> wrongField(List<String> fields) {
        for (int i = 0; i < fields.size(); i++) {
            List<String> alone = new ArrayList<>(Collections.nCopies(fields.size(), "*"));
            alone.set(i, fields.get(i));
            try {
                times(alone);
            } catch (IllegalArgumentException e) {
                String name = FIELDS.get(i + FIELDS.size() - fields.size());
                return Optional.of(
                        "The " + name + " \"" + fields.get(i) + "\" is wrong: " + reason(e));
            }
        }
        return Optional.empty();
    }

    private static String reason(IllegalArgumentException error) {
        Throwable cause = error.getCause() == null ? error : error.getCause();
        String reason = String.valueOf(cause.getMessage()).strip();
        return reason.endsWith(".") ? reason : reason + ".";
    }

    private static PgTrickleException invalid(String text, String detail) {
        return PgTrickleException.invalidArgument(
                "invalid argument: schedule \"" + text + "\"",
                detail,
                "A cron schedule is minute, hour, day of month, month and day of week, in UTC, before them optionally"
                        + " the second, as in '0 9 * * MON-FRI'; or @hourly, @daily, @weekly, @monthly, @yearly,"
                        + " @annually. A duration, as in '1h30m', has no blanks.");
    }

    /// The canonical text: single blanks, names of days and months in upper case.
    public String expression() {
        return expression;
    }

    /// The first time after another one; empty when there is none any more.
    public Optional<Instant> after(Instant time) {
        return times.nextExecution(time.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toInstant);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Cron cron && cron.expression.equals(expression);
    }

    @Override
    public int hashCode() {
        return expression.hashCode();
    }

    @Override
    public String toString() {
        return expression;
    }
}
