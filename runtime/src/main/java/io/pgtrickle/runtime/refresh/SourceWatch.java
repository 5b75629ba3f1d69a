package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Set;

/// Notices that something a stream table is made of has been altered, replaced or dropped.
///
/// Every refresh asks for its own stream table, and so does an engine now and then for all. Not
/// thread-safe.
final class SourceWatch {
    /// How many times as long as a look at all stream tables the pause after it is: when nothing
    /// has changed, and while something has, so that what was adapted meanwhile is seen.
    private static final int PAUSE = 50;

    private static final int PAUSE_BETWEEN_CHANGES = 5;

    private long nextLook = System.nanoTime();
    private Set<Long> changed = Set.of();

    /// The SQL condition that the row `s` of `pgt_stream_tables` is what `row` was made from.
    static String recorded(StreamTableRow row) {
        return row.watched()
                .map(Identifier::literal)
                .map(known -> "coalesce(s.function_hashes = " + known + ", false)")
                .orElse("false");
    }

    /// Whether something has changed since `row` was read, the capture of `sources` included.
    static boolean isOutdated(Session session, StreamTableRow row, List<Relation> sources)
            throws SQLException {
        StringBuilder sql = new StringBuilder("SELECT ").append(recorded(row));
        row.watched()
                .map(Identifier::literal)
                .ifPresent(known ->
                        sql.append(" AND pgtrickle.watched_state(s.pgt_id) = ").append(known));
        sources.forEach(source -> sql.append(" AND ").append(Capture.unchanged(source)));
        sql.append(" FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ?");
        return session.first(sql.toString(), it -> !it.getBoolean(1), row.id()).orElse(true);
    }

    /// Whether the rows of `row` may be wrong, although the query compiles to the same as before:
    /// something that it calls or reads is another.
    static boolean mayHaveOtherContents(Session session, StreamTableRow row) throws SQLException {
        return session.first(
                        "SELECT split_part(pgtrickle.watched_state(?), ':', 2) = split_part(?, ':', 2)",
                        it -> !it.getBoolean(1),
                        row.id(),
                        row.watched().orElse(""))
                .orElseThrow();
    }

    /// Whether the last look was long enough ago for what it cost.
    boolean isDue() {
        return System.nanoTime() - nextLook >= 0;
    }

    /// Looks for such changes if that is due.
    ///
    /// @return whether it has looked
    boolean look(Session session) throws SQLException {
        if (!isDue()) {
            return false;
        }
        long start = System.nanoTime();
        changed =
                Set.copyOf(
                        session.query(
                                "SELECT id FROM pgtrickle.changed_stream_tables() AS c(id)",
                                row -> row.getLong(1)));
        long end = System.nanoTime();
        nextLook = end + (changed.isEmpty() ? PAUSE : PAUSE_BETWEEN_CHANGES) * (end - start);
        return true;
    }

    /// The ids of the stream tables that a service should look at because of what the last look has
    /// found, and not those of which nothing has changed since they failed.
    Set<Long> changed() {
        return changed;
    }
}
