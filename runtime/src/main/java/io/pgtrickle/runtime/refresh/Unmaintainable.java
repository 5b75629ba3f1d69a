package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;

/// A stream table's query does not work with its sources as they are now. Trying again is of no use
/// before one of them changes, or the query.
final class Unmaintainable extends Exception {
    private static final long serialVersionUID = 1L;

    private final PgTrickleException error;

    private Unmaintainable(PgTrickleException error) {
        super(error);
        this.error = error;
    }

    /// What to tell the user.
    PgTrickleException error() {
        return error;
    }

    /// Says which objects have changed, as far as they have names.
    ///
    /// @param cause why the query does not work
    static Unmaintainable because(Session session, StreamTableRow row, PgTrickleException cause)
            throws SQLException {
        String changed = "the sources of " + row.table() + " have changed";
        String message = cause.getMessage();
        String detail = cause.detail().orElse("");
        String changes = changes(session, row);
        PgTrickleException.Builder error =
                PgTrickleException.of(
                                cause.sqlState(),
                                String.valueOf(message).startsWith(changed)
                                        ? changed
                                        : changed + ": " + message)
                        .cause(cause)
                        .hint(
                                "Undo the change, and it is maintained again; or give it a query that works:"
                                        + " SELECT pgtrickle.alter_stream_table("
                                        + Identifier.literal(row.table())
                                        + ", query => '...').");
        if (!changes.isEmpty() || !detail.isEmpty()) {
            String between = changes.isEmpty() || detail.isEmpty() ? "" : ". ";
            error.detail(changes + between + detail);
        }
        return new Unmaintainable(error.build());
    }

    private static String changes(Session session, StreamTableRow row) throws SQLException {
        return String.join(
                "; ",
                session.query(
                        "SELECT c.line FROM pgtrickle.watched_changes(?) AS c(line) ORDER BY c.line",
                        it -> it.getString(1),
                        row.id()));
    }
}
