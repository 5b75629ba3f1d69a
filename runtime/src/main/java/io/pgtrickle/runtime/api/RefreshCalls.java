package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.api.CallResult.Level;
import io.pgtrickle.runtime.api.CallResult.Notice;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Partitioning;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// Calls that refresh stream tables.
record RefreshCalls(Session session, RefreshEngine engine) {
    private static final String MANUAL = "MANUAL";

    CallResult refresh(CallArguments arguments) throws SQLException {
        StreamTableRow row = runnable(arguments);
        return CallResult.nothing(notices(row, engine.refresh(session, row.id(), MANUAL)));
    }

    CallResult repair(CallArguments arguments) throws SQLException {
        StreamTableRow row = runnable(arguments);
        return CallResult.nothing(notices(row, engine.recompute(session, row.id(), MANUAL)));
    }

    private StreamTableRow runnable(CallArguments arguments) throws SQLException {
        StreamTableRow row = StreamTableLookup.findOwned(session, arguments.required("name"));
        String status = StatusReader.byId(session, row.id()).status();
        if (status.equals("SUSPENDED") || status.equals("ERROR")) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: stream table " + row.table() + " is " + status,
                    "It is not refreshed until it is resumed.",
                    "SELECT pgtrickle.resume_stream_table('" + row.table() + "') first.");
        }
        return row;
    }

    private List<Notice> notices(StreamTableRow row, RefreshOutcome outcome) throws SQLException {
        if (outcome.action() == Action.SKIP) {
            return List.of(
                    new Notice(
                            Level.NOTICE,
                            "refresh of "
                                    + row.table()
                                    + " skipped: another session is refreshing it"));
        }
        List<Notice> notices = new ArrayList<>();
        outcome.held()
                .map(it ->
                        new Notice(
                                Level.NOTICE,
                                row.table()
                                        + " is refreshed, since it was asked for; the service would not: "
                                        + it))
                .ifPresent(notices::add);
        Partitioning.warning(session, row)
                .ifPresent(it -> notices.add(new Notice(Level.WARNING, it)));
        return notices;
    }

    /// All that the caller owns. Those that others read come first.
    CallResult refreshAll() throws SQLException {
        List<Long> ids =
                session.query(
                        """
                        WITH RECURSIVE unit AS (
                            -- Those of a cycle are one.
                            SELECT s.pgt_id, s.status, coalesce(-s.scc_id, s.pgt_id) AS unit
                            FROM pgtrickle.pgt_stream_tables s
                        ), edge AS (
                            SELECT DISTINCT r.unit AS reader, u.unit AS source FROM pgtrickle.graph_edges e
                            JOIN unit r ON r.pgt_id = e.pgt_id JOIN unit u ON u.pgt_id = e.source_id
                            WHERE r.unit <> u.unit
                        ), level(unit, depth) AS (
                            SELECT u.unit, 0 FROM unit u
                            UNION
                            SELECT e.reader, l.depth + 1 FROM level l JOIN edge e ON e.source = l.unit)
                        SELECT u.pgt_id FROM level l JOIN unit u ON u.unit = l.unit
                        WHERE u.status IN ('ACTIVE', 'INITIALIZING')
                        GROUP BY u.pgt_id ORDER BY max(l.depth), u.pgt_id
                        """,
                        row -> row.getLong(1));
        List<Notice> notices = new ArrayList<>();
        for (long id : ids) {
            StreamTableRow row =
                    StreamTableRow.byId(session, id)
                            .orElseThrow(() -> StreamTableLookup.notFound("pgt_id " + id));
            if (StreamTableLookup.isOwner(session, row)) {
                notices.addAll(notices(row, engine.refresh(session, id, MANUAL)));
            }
        }
        return CallResult.nothing(notices);
    }
}
