package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;

/// Reads states and histories from the catalog.
final class StatusReader {
    private static final String SELECT =
            """
            SELECT s.pgt_id, format('%I.%I', s.pgt_schema, s.pgt_name), coalesce(s.original_query, s.defining_query),
                   s.schedule, s.requested_refresh_mode, s.refresh_mode, s.effective_refresh_mode, s.status,
                   s.is_populated, s.data_timestamp, s.last_refresh_at,
                   extract(epoch FROM clock_timestamp() - s.data_timestamp)::float8, s.consecutive_errors,
                   s.last_error_message, s.full_reason
            FROM pgtrickle.pgt_stream_tables s
            """;

    private StatusReader() {}

    static List<StreamTableStatus> all(Session session) throws SQLException {
        return session.query(SELECT + "ORDER BY s.pgt_schema, s.pgt_name", StatusReader::read);
    }

    static StreamTableStatus byId(Session session, long id) throws SQLException {
        return session.first(SELECT + "WHERE s.pgt_id = ?", StatusReader::read, id)
                .orElseThrow(() -> StreamTableLookup.notFound("pgt_id " + id));
    }

    private static StreamTableStatus read(Row row) throws SQLException {
        return new StreamTableStatus(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                row.optionalString(4),
                RefreshMode.parse(row.getString(5)),
                RefreshMode.parse(row.getString(6)),
                row.optionalString(7),
                row.getString(8),
                row.getBoolean(9),
                row.optionalInstant(10),
                row.optionalInstant(11),
                row.optionalDouble(12).map(StatusReader::seconds),
                row.getInt(13),
                row.optionalString(14),
                row.optionalString(15));
    }

    static List<HistoryEntry> history(Session session, long id, int limit) throws SQLException {
        return session.query(
                """
                SELECT refresh_id, start_time, end_time, action, status, rows_inserted, rows_deleted, delta_row_count,
                       extract(epoch FROM end_time - start_time)::float8, initiated_by, error_message
                FROM pgtrickle.pgt_refresh_history WHERE pgt_id = ? ORDER BY refresh_id DESC LIMIT ?
                """,
                row ->
                        new HistoryEntry(
                                row.getLong(1),
                                row.optionalInstant(2).orElseThrow(),
                                row.optionalInstant(3),
                                row.getString(4),
                                row.getString(5),
                                row.getLong(6),
                                row.getLong(7),
                                row.getLong(8),
                                row.optionalDouble(9).map(StatusReader::seconds),
                                row.optionalString(10),
                                row.optionalString(11)),
                id,
                limit);
    }

    private static Duration seconds(double seconds) {
        return Duration.ofNanos((long) (seconds * 1e9));
    }
}
