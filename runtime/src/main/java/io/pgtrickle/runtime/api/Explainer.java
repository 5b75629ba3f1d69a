package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.PlanText;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.refresh.Definition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// Says how queries are maintained.
final class Explainer {
    private Explainer() {}

    static Explanation explain(Connection connection, StreamTableRow row) throws SQLException {
        return Sql.inTransaction(
                connection,
                Sql.Isolation.READ_COMMITTED,
                it -> {
                    Definition definition =
                            Definition.ofStored(
                                    it, row.query(), row.requestedMode().equals("FULL"));
                    return explanation(definition, row.table());
                });
    }

    static Explanation validate(Connection connection, String query) throws SQLException {
        Queries.requireText(query);
        return Sql.inTransaction(
                connection,
                Sql.Isolation.READ_COMMITTED,
                it -> {
                    Definition definition = Definition.ofUser(it, query, false);
                    Queries.check(it, definition, RefreshMode.AUTO);
                    return explanation(definition, "stream_table");
                });
    }

    private static Explanation explanation(Definition definition, String table) {
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
                definition.full() ? Optional.empty() : Optional.of(deltaSql(definition, table)));
    }

    private static String deltaSql(Definition definition, String table) {
        List<PendingChanges> pending =
                definition.consumed().stream()
                        .map(source ->
                                new PendingChanges(source.oid(), CaptureSql.of(source), 1, 1))
                        .toList();
        return definition
                .query()
                .differentialRefresh(
                        table,
                        new StateTables(0),
                        "'1:1:'::pg_snapshot",
                        pending,
                        Optional.empty());
    }
}
