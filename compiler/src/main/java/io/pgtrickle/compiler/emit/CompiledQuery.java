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
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A compiled query: its storage, what must be captured for it, and its refresh statements.
/// Immutable.
public final class CompiledQuery {
    /// Readers pay for what is left free in a stream table, nobody in a state table.
    public static final int FILLFACTOR = 90;

    private static final int STATE_FILLFACTOR = 80;

    private final Maintenance maintenance;

    private CompiledQuery(Maintenance maintenance) {
        this.maintenance = maintenance;
    }

    /// How the rows are kept.
    private sealed interface Maintenance {
        Storage storage();

        /// The query is recomputed and compared.
        record Recomputed(Storage storage, String fresh) implements Maintenance {}

        /// Rows come and go with their weights. `results` are the query's columns.
        record Weighted(Plan plan, List<Assignment> results, Storage storage)
                implements Maintenance {}

        /// Each row is a group with its state.
        record Grouped(Plan plan, Plan.Aggregate aggregate, GroupedState state)
                implements Maintenance {
            @Override
            public Storage storage() {
                return state.storage();
            }
        }

        /// A SELECT of the stored columns from the current state of the sources.
        default String fresh(PlanSql sql) {
            return switch (this) {
                case Recomputed recomputed -> recomputed.fresh();
                case Weighted(Plan plan, List<Assignment> results, Storage _) ->
                        "SELECT " + PlanSql.assignments(results) + " FROM " + sql.from(plan, "i");
                case Grouped grouped -> grouped.state().fresh(sql);
            };
        }
    }

    /// A hidden table that keeps an inner result.
    ///
    /// @param number unique in the stream table; tables with a higher one may read it
    /// @param result what it keeps, for people
    /// @param storage its columns
    public record State(int number, String result, Storage storage) {}

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
        return new CompiledQuery(new Maintenance.Recomputed(new Storage(columns, columns), fresh));
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
        if (root instanceof Plan.Distinct distinct) {
            root = distinct.asAggregate();
        }
        if (root instanceof Plan.Aggregate aggregate) {
            Plan input = StateChoice.apply(aggregate.input());
            Plan.Aggregate top = new Plan.Aggregate(input, aggregate.keys(), aggregate.calls());
            return grouped(new Plan.Project(top, above), top, above);
        }
        return weighted(StateChoice.apply(plan), results, columns);
    }

    private static CompiledQuery grouped(
            Plan plan, Plan.Aggregate aggregate, List<Assignment> results) {
        return new CompiledQuery(
                new Maintenance.Grouped(plan, aggregate, new GroupedState(aggregate, results)));
    }

    private static CompiledQuery weighted(
            Plan plan, List<Assignment> results, List<StoredColumn> columns) {
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
        return new CompiledQuery(
                new Maintenance.Weighted(plan, results, new Storage(columns, key)));
    }

    private static List<Assignment> compose(List<Assignment> outer, List<Assignment> inner) {
        Map<String, Expr> definitions = new LinkedHashMap<>();
        inner.forEach(it -> definitions.put(it.column().name(), it.expression()));
        return outer.stream()
                .map(it -> new Assignment(it.column(), it.expression().substitute(definitions)))
                .toList();
    }

    /// The table that holds the rows.
    public Storage storage() {
        return maintenance.storage();
    }

    /// The hidden tables, in the order in which they can be filled.
    public List<State> states() {
        return stored().map(it ->
                        new State(
                                it.number(),
                                PlanText.line(it.operator()),
                                StateSql.storage(it.operator())))
                .toList();
    }

    private Stream<Plan.Stored> stored() {
        return plan().stream()
                .flatMap(Plan::operators)
                .filter(Plan.Stored.class::isInstance)
                .map(Plan.Stored.class::cast)
                .sorted(Comparator.comparingInt(Plan.Stored::number));
    }

    /// Creates the empty table.
    public String create(String table) {
        return storage().create(table, FILLFACTOR, maintenance.fresh(PlanSql.computing()));
    }

    /// Creates the empty hidden tables and their access paths.
    public List<String> createStates(StateTables states) {
        List<String> statements = new ArrayList<>();
        stored().forEach(it -> {
            Storage storage = StateSql.storage(it.operator());
            String table = states.table(it.number());
            statements.add(
                    storage.create(
                            table,
                            STATE_FILLFACTOR,
                            StateSql.fresh(it.operator(), PlanSql.computing())));
            statements.add(Storage.createIndex(table, states.name(it.number()) + "_row_id"));
            statements.addAll(
                    StateIndex.keys(it.operator(), table, states.name(it.number()) + "_key"));
            plan().flatMap(plan ->
                            StateIndex.order(
                                    plan, it.number(), table, states.name(it.number()) + "_order"))
                    .ifPresent(statements::add);
        });
        return statements;
    }

    /// Drops the hidden tables of a stream table, whichever there are, given their numbers.
    public static String dropState(StateTables states, int number) {
        return "DROP TABLE IF EXISTS " + states.table(number);
    }

    /// Fills the hidden tables anew.
    public List<String> fillStates(StateTables states) {
        List<String> statements = new ArrayList<>();
        PlanSql sql = reading(states);
        stored().forEach(it -> {
            String table = states.table(it.number());
            statements.add("DELETE FROM " + table);
            statements.add(
                    StateSql.storage(it.operator())
                            .populate(table, StateSql.fresh(it.operator(), sql)));
            statements.add("ANALYZE " + table);
        });
        return statements;
    }

    private static PlanSql reading(StateTables states) {
        return PlanSql.reading(it -> Optional.of(StateSql.stored(it, states)));
    }

    /// The statement that fills the empty table and says at which snapshot; the hidden tables are
    /// filled.
    public String populate(String table, StateTables states) {
        return "WITH populated AS ("
                + storage().populate(table, maintenance.fresh(reading(states)))
                + " RETURNING 1) SELECT (SELECT count(*) FROM populated), 0, 0, 0,"
                + " pg_current_snapshot()::text, false";
    }

    /// The statement that removes all rows and says how many they were.
    public String clear(String table, Optional<OutputBuffer> buffer) {
        return "WITH deleted AS (DELETE FROM "
                + table
                + " RETURNING "
                + storage().list()
                + ")"
                + buffer.map(it -> ", captured AS (" + it.writeRemoved("deleted") + ")").orElse("")
                + " SELECT count(*) FROM deleted";
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

    /// The statement that recomputes the query and applies the difference to the stored rows; the
    /// hidden tables are filled anew before.
    public String fullRefresh(Target table, StateTables states, Optional<OutputBuffer> buffer) {
        Storage storage = storage();
        String select =
                "SELECT "
                        + storage.list()
                        + ", 1 AS "
                        + Expressions.WEIGHT
                        + " FROM ("
                        + maintenance.fresh(reading(states))
                        + ") AS f\n  UNION ALL SELECT "
                        + storage.list()
                        + ", -1 FROM "
                        + table.name();
        ApplySql apply = new ApplySql(storage, table, buffer, "");
        return apply.statement(
                apply.netExpressions(select), List.of(apply.missing()), List.of(), "0");
    }

    /// The statement that applies the pending changes to the stored rows.
    ///
    /// @param window which rows of their buffers
    /// @param pending the sources with pending changes; the others are left out of the statement,
    ///   or are there to be looked at
    /// @throws IllegalStateException for a query that is only recomputed
    public String differentialRefresh(
            Target table,
            StateTables states,
            ChangeWindow window,
            List<PendingChanges> pending,
            Optional<OutputBuffer> buffer) {
        Set<Long> changed =
                pending.stream()
                        .filter(it -> !it.isQuiet())
                        .map(PendingChanges::relation)
                        .collect(Collectors.toSet());
        List<String> expressions = new ArrayList<>();
        captured()
                .forEach((relation, columns) ->
                        pending.stream()
                                .filter(it -> it.relation() == relation.oid() && !it.isQuiet())
                                .forEach(
                                        it -> expressions.addAll(it.expressions(window, columns))));
        List<String> outgrown =
                pending.stream()
                        .filter(it -> it.bound() == PendingChanges.Bound.EXPECTED)
                        .map(it -> it.outgrown(window))
                        .toList();
        ApplySql apply = new ApplySql(storage(), table, buffer, "");
        return switch (maintenance) {
            case Maintenance.Recomputed _ ->
                    throw new IllegalStateException("the query is only recomputed");
            case Maintenance.Weighted(Plan plan, List<Assignment> _, Storage storage) -> {
                Delta delta = Differentiator.differentiate(plan, changed);
                DeltaSql.Rendered rendered = DeltaSql.render(delta, states);
                expressions.addAll(rendered.expressions());
                expressions.addAll(
                        apply.netExpressions(
                                "SELECT "
                                        + stored(plan, storage)
                                        + ", d."
                                        + Expressions.WEIGHT
                                        + " FROM ("
                                        + rendered.select()
                                        + ") AS d"));
                yield apply.statement(
                        expressions, with(rendered.broken(), apply.missing()), outgrown, "0");
            }
            case Maintenance.Grouped(Plan _, Plan.Aggregate aggregate, GroupedState state) -> {
                Delta delta = Differentiator.differentiate(aggregate.input(), changed);
                DeltaSql.Rendered rendered = DeltaSql.render(delta, states);
                expressions.addAll(rendered.expressions());
                expressions.addAll(state.expressions(rendered.select(), rendered.now(), apply));
                yield apply.statement(
                        expressions,
                        with(rendered.broken(), state.broken("")),
                        outgrown,
                        state.reread());
            }
        };
    }

    /// The plan whose rows are the derivations of the stored rows: what a grouping takes, else what
    /// is stored itself.
    ///
    /// @throws IllegalStateException for a query that is only recomputed
    Plan derivations() {
        return switch (maintenance) {
            case Maintenance.Recomputed _ ->
                    throw new IllegalStateException("the query is only recomputed");
            case Maintenance.Weighted weighted -> weighted.plan();
            case Maintenance.Grouped grouped -> grouped.aggregate().input();
        };
    }

    private static String stored(Plan plan, Storage storage) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < storage.columns().size(); i++) {
            targets.add(
                    "d."
                            + Identifier.quote(plan.output().get(i).name())
                            + " AS "
                            + storage.columns().get(i).quoted());
        }
        return String.join(", ", targets);
    }

    /// What is to be known of it where each row of its only source gives rows of its own, stored as
    /// they are or in groups; empty for every other query.
    Optional<RowByRow> rowByRow() {
        return switch (maintenance) {
            case Maintenance.Recomputed _ -> Optional.empty();
            case Maintenance.Weighted(Plan plan, List<Assignment> _, Storage storage) ->
                    RowByRow.of(plan, stored(plan, storage), storage, Optional.empty());
            case Maintenance.Grouped(Plan _, Plan.Aggregate aggregate, GroupedState state) ->
                    RowByRow.of(
                            aggregate.input(),
                            state.keys("d"),
                            state.storage(),
                            Optional.of(state));
        };
    }

    private static List<String> with(List<String> counts, String last) {
        List<String> all = new ArrayList<>(counts);
        all.add(last);
        return all;
    }
}
