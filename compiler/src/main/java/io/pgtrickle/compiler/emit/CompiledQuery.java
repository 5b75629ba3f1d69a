package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.delta.Differentiator;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// A compiled query: its storage, what must be captured for it, and its refresh statements.
/// Immutable.
public final class CompiledQuery {
    private final Maintenance maintenance;

    private CompiledQuery(Maintenance maintenance) {
        this.maintenance = maintenance;
    }

    /// How the rows are kept.
    private sealed interface Maintenance {
        Storage storage();

        /// The query is recomputed and compared.
        record Recomputed(Storage storage) implements Maintenance {}

        /// Rows come and go with their weights.
        record Weighted(Plan plan, Storage storage) implements Maintenance {}

        /// Each row is a group with its state.
        record Grouped(Plan plan, Plan.Aggregate aggregate, GroupedState state)
                implements Maintenance {
            @Override
            public Storage storage() {
                return state.storage();
            }
        }
    }

    /// Whether a column name is the user's and not one of the hidden columns.
    public static boolean isVisible(String name) {
        return !name.startsWith("__pgt_");
    }

    private static List<StoredColumn> visible(QueryAnalysis analysis) {
        return analysis.output().stream()
                .filter(column -> isVisible(column.name()))
                .map(column -> StoredColumn.result(column.name(), column.type()))
                .toList();
    }

    /// A query that can only be recomputed.
    public static CompiledQuery full(QueryAnalysis analysis) {
        List<StoredColumn> columns = visible(analysis);
        String names =
                columns.stream()
                        .map(column -> "q." + column.quoted())
                        .collect(Collectors.joining(", "));
        String text = analysis.canonicalText().strip();
        String fresh =
                "SELECT "
                        + names
                        + " FROM ("
                        + (text.endsWith(";") ? text.substring(0, text.length() - 1) : text)
                        + ") AS q";
        return new CompiledQuery(new Maintenance.Recomputed(new Storage(columns, columns, fresh)));
    }

    /// A query with a plan; the n-th column of the plan is the n-th visible column of the query.
    public static CompiledQuery differential(QueryAnalysis analysis, Plan plan) {
        List<StoredColumn> columns = visible(analysis);
        List<Assignment> results = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            Column column = plan.output().get(i);
            results.add(
                    new Assignment(
                            new Column(
                                    columns.get(i).name(),
                                    columns.get(i).type(),
                                    column.nullability()),
                            new Expr.Ref(column.name())));
        }
        Plan root = plan;
        List<Assignment> above = results;
        while (root instanceof Plan.Project project) {
            above = compose(above, project.assignments());
            root = project.input();
        }
        return switch (root) {
            case Plan.Aggregate aggregate -> grouped(plan, aggregate, above);
            case Plan.Distinct distinct -> grouped(plan, distinct.asAggregate(), above);
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.UnionAll _,
                    Plan.Join _ ->
                    weighted(plan, results, columns);
        };
    }

    private static CompiledQuery grouped(
            Plan plan, Plan.Aggregate aggregate, List<Assignment> results) {
        return new CompiledQuery(
                new Maintenance.Grouped(plan, aggregate, new GroupedState(aggregate, results)));
    }

    private static CompiledQuery weighted(
            Plan plan, List<Assignment> results, List<StoredColumn> columns) {
        String fresh =
                "SELECT " + PlanSql.assignments(results) + " FROM " + PlanSql.from(plan, "i");
        List<StoredColumn> key =
                RowKeys.of(plan)
                        .map(names ->
                                results.stream()
                                        .filter(it ->
                                                names.contains(
                                                        ((Expr.Ref) it.expression()).column()))
                                        .map(it ->
                                                StoredColumn.result(
                                                        it.column().name(), it.column().type()))
                                        .toList())
                        .orElse(columns);
        return new CompiledQuery(new Maintenance.Weighted(plan, new Storage(columns, key, fresh)));
    }

    private static List<Assignment> compose(List<Assignment> outer, List<Assignment> inner) {
        Map<String, Expr> definitions = new LinkedHashMap<>();
        inner.forEach(it -> definitions.put(it.column().name(), it.expression()));
        return outer.stream()
                .map(it -> new Assignment(it.column(), substitute(it.expression(), definitions)))
                .toList();
    }

    private static Expr substitute(Expr expr, Map<String, Expr> definitions) {
        return switch (expr) {
            case Expr.Ref(String column) -> definitions.getOrDefault(column, expr);
            case Expr.Template(List<String> texts, List<Expr> arguments) ->
                    new Expr.Template(
                            texts,
                            arguments.stream().map(it -> substitute(it, definitions)).toList());
        };
    }

    /// The table that holds the rows.
    public Storage storage() {
        return maintenance.storage();
    }

    /// The operator tree, empty when the query is only recomputed.
    public Optional<Plan> plan() {
        return switch (maintenance) {
            case Maintenance.Recomputed _ -> Optional.empty();
            case Maintenance.Weighted weighted -> Optional.of(weighted.plan());
            case Maintenance.Grouped grouped -> Optional.of(grouped.plan());
        };
    }

    /// The strategy of each aggregate whose state is stored, by its column in the plan.
    public Map<String, String> strategies() {
        Map<String, String> named = new LinkedHashMap<>();
        if (maintenance instanceof Maintenance.Grouped grouped) {
            grouped.state()
                    .strategies()
                    .forEach((column, strategy) -> named.put(column, strategy.name()));
        }
        return named;
    }

    /// The attributes of each relation whose changes must be captured, with their column
    /// definitions.
    public Map<Relation, SortedMap<Integer, String>> captured() {
        Map<Relation, SortedMap<Integer, String>> captured = new LinkedHashMap<>();
        plan().stream()
                .flatMap(Plan::scans)
                .forEach(scan -> {
                    SortedMap<Integer, String> columns =
                            captured.computeIfAbsent(scan.relation(), _ -> new TreeMap<>());
                    scan.sources()
                            .forEach(column -> columns.put(column.number(), column.definition()));
                });
        return captured;
    }

    /// The attributes of one relation whose changes must be captured; empty when it is not
    /// consumed.
    public SortedMap<Integer, String> captured(Relation relation) {
        return captured().getOrDefault(relation, new TreeMap<>());
    }

    /// The statement that recomputes the query and applies the difference to the stored rows.
    public String fullRefresh(String table, Optional<OutputBuffer> buffer) {
        Storage storage = storage();
        String select =
                "SELECT "
                        + storage.list()
                        + ", 1 AS "
                        + Expressions.WEIGHT
                        + " FROM ("
                        + storage.fresh()
                        + ") AS f\n  UNION ALL SELECT "
                        + storage.list()
                        + ", -1 FROM "
                        + table;
        return new ApplySql(storage, table, buffer).weighted(List.of(), select);
    }

    /// The statement that applies the pending changes to the stored rows.
    ///
    /// @param frontier the stream table's frontier, an SQL expression of type `pg_snapshot`
    /// @param pending the sources with pending changes; the others are left out of the statement
    /// @throws IllegalStateException for a query that is only recomputed
    public String differentialRefresh(
            String table,
            String frontier,
            List<PendingChanges> pending,
            Optional<OutputBuffer> buffer) {
        Set<Long> changed =
                pending.stream().map(PendingChanges::relation).collect(Collectors.toSet());
        List<String> expressions = new ArrayList<>();
        captured()
                .forEach((relation, columns) ->
                        pending.stream()
                                .filter(it -> it.relation() == relation.oid())
                                .forEach(it ->
                                        expressions.addAll(it.expressions(frontier, columns))));
        ApplySql apply = new ApplySql(storage(), table, buffer);
        return switch (maintenance) {
            case Maintenance.Recomputed _ ->
                    throw new IllegalStateException("the query is only recomputed");
            case Maintenance.Weighted(Plan plan, Storage storage) -> {
                Delta delta = Differentiator.differentiate(plan, changed);
                DeltaSql.Rendered rendered = DeltaSql.render(delta);
                expressions.addAll(rendered.expressions());
                List<String> targets = new ArrayList<>();
                for (int i = 0; i < storage.columns().size(); i++) {
                    targets.add(
                            "d."
                                    + Identifier.quote(plan.output().get(i).name())
                                    + " AS "
                                    + storage.columns().get(i).quoted());
                }
                yield apply.weighted(
                        expressions,
                        "SELECT "
                                + String.join(", ", targets)
                                + ", d."
                                + Expressions.WEIGHT
                                + " FROM ("
                                + rendered.select()
                                + ") AS d");
            }
            case Maintenance.Grouped(Plan _, Plan.Aggregate aggregate, GroupedState state) -> {
                Delta delta = Differentiator.differentiate(aggregate.input(), changed);
                yield state.refresh(DeltaSql.render(delta), expressions, table, apply);
            }
        };
    }
}
