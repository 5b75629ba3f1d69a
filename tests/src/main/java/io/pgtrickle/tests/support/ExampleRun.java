package io.pgtrickle.tests.support;

import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.script.Comparison;
import io.pgtrickle.tests.support.Verdict.Kind;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/// One example through its rounds. One thread at a time.
final class ExampleRun {
    /// All columns: `1.0` and `1.00` are not the same result.
    private static final List<Integer> BY_IMAGE = IntStream.rangeClosed(1, 100).boxed().toList();

    private final Example example;
    private final StreamTables tables;
    private final DataSource dataSource;
    private final String name;
    private @Nullable Comparison comparison;
    private boolean refreshed;
    private Verdict verdict = Verdict.of(Kind.OK, "");

    ExampleRun(Example example, StreamTables tables, DataSource dataSource) {
        this.example = example;
        this.tables = tables;
        this.dataSource = dataSource;
        this.name = "example_" + example.line();
    }

    Example example() {
        return example;
    }

    Verdict verdict() {
        return verdict;
    }

    /// Creates the stream table, or finds that it is refused as promised.
    void create(int version) {
        if (example.since() > version) {
            verdict = Verdict.of(Kind.SKIPPED, "PostgreSQL " + version);
            return;
        }
        invalid().ifPresent(it -> verdict = Verdict.of(Kind.INVALID, it));
        if (!verdict.kept()) {
            return;
        }
        switch (example.expectation()) {
            case Expectation.Differential() -> differential();
            case Expectation.Full(var text) -> full(text);
            case Expectation.Refused(var text) -> {
                refusal(RefreshMode.DIFFERENTIAL, text);
                refusal(RefreshMode.AUTO, text);
            }
        }
    }

    private Optional<String> invalid() {
        try (Connection connection = dataSource.getConnection();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(example.query());
            return Optional.empty();
        } catch (SQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private void differential() {
        try {
            create(RefreshMode.DIFFERENTIAL);
            compare("creation");
        } catch (PgTrickleException e) {
            boolean full = e.sqlState().equals("0A000");
            verdict =
                    full
                            ? Verdict.of(Kind.FULL, describe(e))
                            : Verdict.of(Kind.ERROR, "create: " + e.report());
        } catch (RuntimeException e) {
            verdict = Verdict.of(Kind.ERROR, "create: " + e);
        }
    }

    private void full(String text) {
        refusal(RefreshMode.DIFFERENTIAL, text);
        if (!verdict.kept()) {
            return;
        }
        try {
            CreateOutcome created = create(RefreshMode.AUTO);
            String reason = created.streamTable().fullReason().orElse("");
            boolean warned = created.warnings().stream().anyMatch(it -> it.contains(text));
            if (!reason.contains(text) || !warned) {
                verdict = Verdict.of(Kind.ACCEPTED, "reason " + reason + created.warnings());
                return;
            }
            compare("creation");
        } catch (PgTrickleException e) {
            verdict = Verdict.of(Kind.ERROR, "create: " + e.report());
        }
    }

    private void refusal(RefreshMode mode, String text) {
        if (!verdict.kept()) {
            return;
        }
        try {
            create(mode);
            verdict = Verdict.of(Kind.ACCEPTED, mode + " is not refused");
        } catch (PgTrickleException e) {
            if (!e.report().contains(text)) {
                verdict = Verdict.of(Kind.ACCEPTED, mode + " says " + describe(e));
            }
        }
    }

    private CreateOutcome create(RefreshMode mode) {
        return tables.create(StreamTableDefinition.of(name, example.query()).withMode(mode));
    }

    /// Refreshes and compares. Does nothing when the verdict is out already.
    void check(Rounds.Round round) {
        if (comparison == null || !verdict.kept()) {
            return;
        }
        try {
            Action action = tables.refresh(name).action();
            if (!allowed(action, round)) {
                verdict = Verdict.of(Kind.ERROR, round.title() + ": the refresh was " + action);
                return;
            }
            refreshed |= action == Action.DIFFERENTIAL || action == Action.FULL;
            compare(round.title());
        } catch (PgTrickleException e) {
            verdict = Verdict.of(Kind.ERROR, round.title() + ": " + e.report());
        } catch (RuntimeException e) {
            verdict = Verdict.of(Kind.ERROR, round.title() + ": " + e);
        }
    }

    private boolean allowed(Action action, Rounds.Round round) {
        boolean promised = example.expectation() instanceof Expectation.Differential;
        return switch (action) {
            case NO_DATA, DIFFERENTIAL -> true;
            case FULL, REINITIALIZE -> !promised || !round.differential();
            case SKIP -> false;
        };
    }

    /// Ends the run.
    void end() {
        if (comparison != null && verdict.kept() && !refreshed) {
            verdict = Verdict.of(Kind.ERROR, "no refresh found anything to do");
        }
    }

    private void compare(String title) {
        try (Connection connection = dataSource.getConnection()) {
            Comparison known = comparison;
            if (known == null) {
                known = Comparison.of(connection, name, example.query(), BY_IMAGE);
                comparison = known;
            }
            known.difference(connection)
                    .ifPresent(it ->
                            verdict = Verdict.of(Kind.DIFF, title + ": " + it.replace("\n", "; ")));
        } catch (SQLException e) {
            verdict = Verdict.of(Kind.ERROR, title + ": the comparison fails: " + e.getMessage());
        }
    }

    private static String describe(PgTrickleException e) {
        return e.getMessage() + e.detail().map(it -> ": " + it).orElse("");
    }
}
