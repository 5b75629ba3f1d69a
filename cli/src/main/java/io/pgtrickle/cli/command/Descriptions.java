package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Column;
import io.pgtrickle.cli.output.Facts;
import io.pgtrickle.cli.output.Value;
import io.pgtrickle.runtime.api.CreateOutcome;
import io.pgtrickle.runtime.api.Explanation;
import io.pgtrickle.runtime.api.StreamTableStatus;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import java.util.Locale;

/// The library's records as facts to print.
final class Descriptions {
    private Descriptions() {}

    static Facts of(StreamTableStatus status) {
        return Facts.none()
                .with("name", Value.of(status.name()))
                .with("status", Value.of(status.status()))
                .with("mode", Value.of(status.mode().name()))
                .with("requested mode", Value.of(status.requestedMode().name()))
                .with("effective mode", Value.of(status.effectiveMode(), Value::of))
                .with("full because", Value.of(status.fullReason(), Value::of))
                .with("schedule", schedule(status))
                .with("populated", new Value.Flag(status.populated()))
                .with(Column.span("staleness"), Value.of(status.staleness(), Value::of))
                .with("data timestamp", Value.of(status.dataTimestamp(), Value.Moment::new))
                .with("last refresh", Value.of(status.lastRefreshAt(), Value.Moment::new))
                .with("consecutive errors", Value.of(status.consecutiveErrors()))
                .with("last error", Value.of(status.lastError(), Value::of))
                .with("id", Value.of(status.id()))
                .with("query", Value.of(status.query()));
    }

    static Value schedule(StreamTableStatus status) {
        return Value.of(status.schedule().orElse("calculated"));
    }

    static Facts of(RefreshOutcome outcome) {
        return Facts.none()
                .with("action", Value.of(outcome.action().name()))
                .with("rows inserted", Value.of(outcome.rowsInserted()))
                .with("rows updated", Value.of(outcome.rowsUpdated()))
                .with("rows deleted", Value.of(outcome.rowsDeleted()))
                .with("pending rows", Value.of(outcome.pendingRows()))
                .with(Column.span("duration"), Value.of(outcome.duration()));
    }

    static Facts of(Explanation explanation) {
        return Facts.none()
                .with("mode", Value.of(explanation.mode().name()))
                .with("full because", Value.of(explanation.reason(), Value::of))
                .with("operators", Value.of(explanation.operatorTree()))
                .with("storage", new Value.Lines(explanation.storage()))
                .with("delta sql", Value.of(explanation.deltaSql(), Value::of));
    }

    static String sentence(String verb, CreateOutcome outcome) {
        StreamTableStatus status = outcome.streamTable();
        return verb
                + " stream table "
                + status.name()
                + " ("
                + status.mode().name().toLowerCase(Locale.ROOT)
                + ", schedule "
                + schedule(status).human()
                + ")";
    }

    static String sentence(String name, RefreshOutcome outcome) {
        String time = Value.of(outcome.duration()).human();
        return switch (outcome.action()) {
            case NO_DATA -> "Stream table " + name + " was up to date (" + time + ")";
            case SKIP -> "Stream table " + name + " is being refreshed already: skipped";
            case FULL, DIFFERENTIAL, REINITIALIZE ->
                    "Refreshed stream table "
                            + name
                            + " ("
                            + outcome.action().name().toLowerCase(Locale.ROOT)
                            + ", "
                            + outcome.pendingRows()
                            + " changes, +"
                            + outcome.rowsInserted()
                            + " ~"
                            + outcome.rowsUpdated()
                            + " -"
                            + outcome.rowsDeleted()
                            + " rows, "
                            + time
                            + ")";
        };
    }
}
