package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.ChangeWindow;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.PlanText;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.compiler.emit.Target;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Says how queries are maintained.
final class Explainer {
    private Explainer() {}

    static Explanation explain(Session session, StreamTableRow row) throws SQLException {
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    Definition definition =
                            Definition.ofStored(
                                    it.as(row.owner()),
                                    row.query(),
                                    row.requestedMode().equals("FULL"));
                    return stored(definition, row);
                });
    }

    static Explanation validate(Session session, String query) throws SQLException {
        Queries.requireText(query);
        return session.inTransaction(
                Session.Isolation.READ_COMMITTED,
                it -> {
                    Definition definition = Definition.ofUser(it, query, false);
                    Queries.check(it, definition, RefreshMode.AUTO);
                    return explanation(
                            definition,
                            Rights.OWN,
                            Target.plain("stream_table"),
                            new StateTables(0),
                            "'1:1:'::pg_snapshot");
                });
    }

    /// How a stream table with that definition is maintained.
    static Explanation stored(Definition definition, StreamTableRow row) {
        String frontier =
                "(SELECT "
                        + Frontier.OF_ROW
                        + " FROM pgtrickle.pgt_stream_tables AS s WHERE s.pgt_id = "
                        + row.id()
                        + ")";
        return explanation(
                definition, row.owner(), row.target(), new StateTables(row.id()), frontier);
    }

    private static Explanation explanation(
            Definition definition,
            Rights owner,
            Target table,
            StateTables states,
            String frontier) {
        CompiledQuery query = definition.query();
        List<String> storage = new ArrayList<>();
        storage.add("__pgt_row_id bigint: access path");
        query.storage()
                .columns()
                .forEach(column ->
                        storage.add(
                                column.name()
                                        + " "
                                        + column.type().sqlName()
                                        + ": "
                                        + column.purpose()));
        query.states()
                .forEach(state ->
                        storage.add(
                                "state table "
                                        + state.number()
                                        + " ("
                                        + state.storage().columns().stream()
                                                .map(it -> it.name() + " " + it.type().sqlName())
                                                .collect(Collectors.joining(", "))
                                        + "): keeps "
                                        + state.result()
                                        + ", which would be recomputed otherwise"));
        return new Explanation(
                definition.full() ? RefreshMode.FULL : RefreshMode.DIFFERENTIAL,
                definition.fullReason().map(it -> it.reason()),
                Queries.warnings(definition, RefreshMode.AUTO),
                query.plan()
                        .map(plan -> PlanText.print(plan, query.strategies()))
                        .orElse("Recompute"),
                storage,
                definition.full()
                        ? Optional.empty()
                        : Optional.of(deltaSql(definition, owner, table, states, frontier)));
    }

    private static String deltaSql(
            Definition definition,
            Rights owner,
            Target table,
            StateTables states,
            String frontier) {
        List<PendingChanges> pending =
                definition.consumed().stream()
                        .map(source ->
                                PendingChanges.rounded(
                                        source.oid(),
                                        CaptureSql.of(source),
                                        1,
                                        1,
                                        Optional.empty(),
                                        PendingChanges.Bound.CERTAIN))
                        .map(it -> owner.equals(Rights.OWN) ? it : it.openly())
                        .toList();
        return definition
                .query()
                .differentialRefresh(
                        table,
                        states,
                        new ChangeWindow.Unapplied(frontier),
                        pending,
                        Optional.empty());
    }
}
