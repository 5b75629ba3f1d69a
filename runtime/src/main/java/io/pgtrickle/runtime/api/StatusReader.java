package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

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

    static List<StreamTableStatus> all(Connection connection) throws SQLException {
        return Sql.query(
                connection, SELECT + "ORDER BY s.pgt_schema, s.pgt_name", StatusReader::read);
    }

    static StreamTableStatus byId(Connection connection, long id) throws SQLException {
        return Sql.first(connection, SELECT + "WHERE s.pgt_id = ?", StatusReader::read, id)
                .orElseThrow(() -> StreamTableLookup.notFound("pgt_id " + id));
    }

    private static StreamTableStatus read(ResultSet row) throws SQLException {
        return new StreamTableStatus(
                row.getLong(1),
                row.getString(2),
                row.getString(3),
                Optional.ofNullable(row.getString(4)),
                RefreshMode.parse(row.getString(5)),
                RefreshMode.parse(row.getString(6)),
                Optional.ofNullable(row.getString(7)),
                row.getString(8),
                row.getBoolean(9),
                instant(row.getTimestamp(10)),
                instant(row.getTimestamp(11)),
                seconds((Double) row.getObject(12)),
                row.getInt(13),
                Optional.ofNullable(row.getString(14)),
                Optional.ofNullable(row.getString(15)));
    }

    static List<HistoryEntry> history(Connection connection, long id, int limit)
            throws SQLException {
        return Sql.query(
                connection,
                """
                SELECT refresh_id, start_time, end_time, action, status, rows_inserted, rows_deleted, delta_row_count,
                       extract(epoch FROM end_time - start_time)::float8, initiated_by, error_message
                FROM pgtrickle.pgt_refresh_history WHERE pgt_id = ? ORDER BY refresh_id DESC LIMIT ?
                """,
                row ->
                        new HistoryEntry(
                                row.getLong(1),
                                row.getTimestamp(2).toInstant(),
                                instant(row.getTimestamp(3)),
                                row.getString(4),
                                row.getString(5),
                                row.getLong(6),
                                row.getLong(7),
                                row.getLong(8),
                                seconds((Double) row.getObject(9)),
                                Optional.ofNullable(row.getString(10)),
                                Optional.ofNullable(row.getString(11))),
                id,
                limit);
    }

    private static Optional<Instant> instant(@Nullable Timestamp timestamp) {
        return Optional.ofNullable(timestamp).map(Timestamp::toInstant);
    }

    private static Optional<Duration> seconds(@Nullable Double seconds) {
        return Optional.ofNullable(seconds).map(it -> Duration.ofNanos((long) (it * 1e9)));
    }
}
