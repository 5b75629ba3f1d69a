package io.pgtrickle.tests.cost;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.ChangeWindow;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.compiler.emit.Target;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.RefreshTransaction;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What the refresh statement of one stream table does to apply what is pending, without keeping
/// it.
///
/// @param pages pages of tables and indexes of users, of state and of change buffers that it
///   touches, as often as it touches them
/// @param plan the executed plan, as text
public record RefreshCost(long pages, String plan) {
    private static final String PAGES =
            "SELECT sum(pg_stat_get_xact_blocks_fetched(oid))::bigint FROM pg_class"
                    + " WHERE relnamespace NOT IN ('pg_catalog'::regnamespace, 'pgtrickle'::regnamespace)";

    /// Executes the refresh statement of a stream table in the schema `public` and rolls it back.
    public static RefreshCost of(Session session, String name) throws SQLException {
        session.execute("BEGIN ISOLATION LEVEL REPEATABLE READ");
        try {
            String row = " FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_name = '" + name + "'";
            long id = Long.parseLong(session.value("SELECT s.pgt_id" + row));
            String query = session.value("SELECT s.defining_query" + row);
            String frontier = "(SELECT (s.frontier ->> 'snapshot')::pg_snapshot" + row + ")";
            session.execute("SET LOCAL row_security = off", "SET LOCAL jit = off");
            session.value(
                    RefreshTransaction.begin(
                            Long.parseLong(session.value("SELECT s.pgt_relid::bigint" + row))));
            CompiledQuery compiled =
                    Definition.ofStored(JdbcSession.of(session.connection()), query, false).query();
            List<PendingChanges> pending = new ArrayList<>();
            for (Relation relation : compiled.captured().keySet()) {
                pending(session, relation, frontier).ifPresent(pending::add);
            }
            String sql =
                    compiled.differentialRefresh(
                            Target.plain("public." + name),
                            new StateTables(id),
                            new ChangeWindow.Unapplied(frontier),
                            pending,
                            Optional.empty());
            long before = Long.parseLong(session.value(PAGES));
            String plan =
                    session.query("EXPLAIN (ANALYZE, BUFFERS) " + sql).stream()
                            .map(List::getFirst)
                            .collect(Collectors.joining("\n"));
            return new RefreshCost(Long.parseLong(session.value(PAGES)) - before, plan);
        } finally {
            session.execute("ROLLBACK");
        }
    }

    private static Optional<PendingChanges> pending(
            Session session, Relation relation, String frontier) {
        CaptureSql capture = CaptureSql.of(relation);
        List<String> counts =
                session.query(
                                "SELECT count(*), coalesce(sum(b.row_count), 0) FROM "
                                        + capture.buffer()
                                        + " AS b WHERE "
                                        + new ChangeWindow.Unapplied(frontier).condition("b"))
                        .getFirst();
        long batches = Long.parseLong(counts.get(0));
        return batches == 0
                ? Optional.empty()
                : Optional.of(
                        PendingChanges.rounded(
                                relation.oid(),
                                capture,
                                batches,
                                Long.parseLong(counts.get(1)),
                                Optional.empty(),
                                PendingChanges.Bound.CERTAIN));
    }
}
