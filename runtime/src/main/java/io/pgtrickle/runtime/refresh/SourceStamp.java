package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// The versions of the catalogs' rows with which the sources of one compiled stream table were last
/// found to be as they were. Comparing the sources takes as long as applying a few changes; while
/// these versions are the current ones, nothing can have changed.
///
/// Thread-safe.
final class SourceStamp {
    private volatile String seen = "";

    /// The SQL expression of the present stamp, for the row `s` of `pgt_stream_tables`.
    static final String PRESENT = "pgtrickle.watched_stamp(s.pgt_id)";

    /// Whether the sources are what they were when `row` was read, captured as they were.
    ///
    /// @param present the stamp, read before in the same transaction
    boolean isUnchanged(Session session, StreamTableRow row, List<Relation> sources, String present)
            throws SQLException {
        if (present.equals(seen)) {
            return true;
        }
        boolean unchanged = !SourceWatch.isOutdated(session, row, sources);
        if (unchanged) {
            seen = present;
        }
        return unchanged;
    }
}
