package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.diagnostic.QueryTooComplex;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.QueryParser;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Builds the operator tree of a canonical query.
///
/// One builder builds one query; one thread. Throws [UnsupportedConstruct] for what has no delta
/// rule.
public final class PlanBuilder {
    private static final int MAX_SCANS = 500;

    private final QueryAnalysis analysis;
    private final TypeAnswers types;
    private final ExpressionBuilder expressions;
    private final Names names = new Names();
    private int scans;

    private PlanBuilder(QueryAnalysis analysis, TypeAnswers types) {
        this.analysis = analysis;
        this.types = types;
        this.expressions = new ExpressionBuilder(analysis);
    }

    /// A query's plan; the n-th column of the plan is the n-th of the query.
    ///
    /// @param types answers to earlier questions; collects new ones
    /// @throws TypesPending when the questions must be answered before it can go on
    public static Plan build(QueryAnalysis analysis, TypeAnswers types) {
        PlanBuilder builder = new PlanBuilder(analysis, types);
        List<TypeFacts> expected =
                analysis.output().stream().map(QueryAnalysis.OutputColumn::type).toList();
        Plan plan =
                builder.query(
                                QueryParser.parse(analysis.canonicalText()),
                                Environment.empty(),
                                Optional.empty(),
                                Optional.of(expected))
                        .visible()
                        .plan();
        Set<String> free = Free.of(plan);
        if (!free.isEmpty()) {
            throw new UnsupportedConstruct(
                    "outer reference " + Names.stem(free.iterator().next()),
                    "A sub-query uses a column of an outer query in a way that is not understood.");
        }
        return plan;
    }

    /// A plan whose first output columns have these names for the outside. Further ones are only
    /// sorted by.
    record Built(Plan plan, List<String> names, List<Plan.SortKey> order) {
        Built {
            names = List.copyOf(names);
            order = List.copyOf(order);
        }

        /// Without the columns that have no name.
        Built visible() {
            List<Column> output = plan.output();
            return output.size() == names.size()
                    ? this
                    : new Built(
                            new Plan.Project(
                                    plan,
                                    output.subList(0, names.size()).stream()
                                            .map(it -> new Assignment(it, new Expr.Ref(it.name())))
                                            .toList()),
                            names,
                            List.of());
        }

        Scope.Source source(Optional<String> alias) {
            List<Scope.Visible> visible = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                visible.add(new Scope.Visible(names.get(i), plan.output().get(i)));
            }
            return new Scope.Source(alias, visible);
        }
    }

    /// The query around a sub-query: its rows and what can be named in them.
    record Enclosing(Rows rows, Scope scope) {}

    /// The common table expressions that can be named.
    record Environment(Map<String, Named> tables) {
        Environment {
            tables = Map.copyOf(tables);
        }

        static Environment empty() {
            return new Environment(Map.of());
        }

        Optional<Named> get(String name) {
            return Optional.ofNullable(tables.get(name));
        }

        Environment with(String name, Named named) {
            Map<String, Named> all = new HashMap<>(tables);
            all.put(name, named);
            return new Environment(all);
        }
    }

    /// What a common table expression's name stands for.
    sealed interface Named {
        /// A query, built anew wherever it is named.
        record Table(
                Query.CommonTable table,
                boolean recursive,
                Environment environment,
                Optional<Enclosing> enclosing)
                implements Named {}

        /// Inside a recursion, the rows of the previous round.
        ///
        /// @param shown what queries see of them
        record Previous(
                int number, List<Column> columns, List<String> names, UnaryOperator<Built> shown)
                implements Named {}
    }

    /// Counts a relation that is read. Common table expressions are built anew wherever they are
    /// named, so there can be many more than the query's text shows.
    void requireFewScans() {
        if (++scans > MAX_SCANS) {
            throw new QueryTooComplex(
                    "number of relations",
                    "With common table expressions put where they are named, the query reads more than "
                            + MAX_SCANS
                            + " relations.");
        }
    }

    QueryAnalysis analysis() {
        return analysis;
    }

    Names names() {
        return names;
    }

    ExpressionBuilder expressions() {
        return expressions;
    }

    Rows rows(Plan plan, Optional<Enclosing> enclosing) {
        return new Rows(plan, names, types, enclosing.map(Enclosing::rows));
    }

    /// A sub-query of an expression inside `around`.
    SubQueries.Inner inner(
            SqlExpr.SubQuery sub, Environment environment, Optional<Enclosing> around) {
        boolean exists = sub.kind() == SqlExpr.SubQuery.Kind.EXISTS;
        Query query = exists ? unlimited(sub.query()) : sub.query();
        return new SubQueries.Inner(
                sub.kind(),
                sub.operator(),
                expressions,
                () -> {
                    Built built = query(query, environment, around, Optional.empty());
                    return sub.kind() == SqlExpr.SubQuery.Kind.ARRAY ? built : built.visible();
                });
    }

    /// Whether there is a row does not depend on how many are taken.
    private static Query unlimited(Query query) {
        boolean harmless =
                query.limit()
                        .filter(limit ->
                                limit.offset().isEmpty()
                                        && limit.count()
                                                .filter(count ->
                                                        count instanceof SqlExpr.Compound compound
                                                                && compound.texts()
                                                                        .getFirst()
                                                                        .matches("[1-9][0-9]*"))
                                                .isPresent())
                        .isPresent();
        return harmless
                ? new Query(
                        query.with(),
                        query.recursive(),
                        query.body(),
                        List.of(),
                        Optional.empty(),
                        query.trailing())
                : query;
    }

    Built query(
            Query query,
            Environment outer,
            Optional<Enclosing> enclosing,
            Optional<List<TypeFacts>> expected) {
        query.trailing().stream()
                .findFirst()
                .ifPresent(clause -> {
                    throw new UnsupportedConstruct(
                            clause.construct(),
                            "The query has a " + clause.construct() + " clause.");
                });
        Environment environment = outer;
        for (Query.CommonTable table : query.with()) {
            boolean recursive = query.recursive() && mentions(table.query(), table.name());
            environment =
                    environment.with(
                            table.name(),
                            new Named.Table(table, recursive, environment, enclosing));
        }
        Environment within = environment;
        Built built =
                switch (query.body()) {
                    case Body.Select select ->
                            new SelectBuilder(this, environment, enclosing, select)
                                    .build(expected, query.orderBy());
                    case Body.SetOperation operation ->
                            sorted(
                                    new SetOperationBuilder(this, environment, enclosing)
                                            .build(operation, expected),
                                    query.orderBy());
                    case Body.Values values ->
                            sorted(values(values, within, enclosing, expected), query.orderBy());
                };
        return query.limit()
                .flatMap(QueryParts::effective)
                .map(limit -> new LimitBuilder(this, within, enclosing).limited(built, limit))
                .orElse(built);
    }

    private static boolean mentions(Query query, String name) {
        return query.toString().contains("Relation[schema=Optional.empty, name=" + name + ",");
    }

    /// ORDER BY of a set operation or of VALUES: by column numbers.
    private Built sorted(Built built, List<SortItem> order) {
        List<Plan.SortKey> keys = new ArrayList<>();
        for (SortItem item : order) {
            if (!(item.expression() instanceof SqlExpr.Compound(List<String> texts, _))
                    || !texts.getFirst().matches("[0-9]+")) {
                throw new UnsupportedConstruct(
                        "ORDER BY an expression", "A set operation is ordered by an expression.");
            }
            int position = Integer.parseInt(texts.getFirst());
            keys.add(new Plan.SortKey(built.plan().output().get(position - 1), item.suffix()));
        }
        return new Built(built.plan(), built.names(), keys);
    }

    private Built values(
            Body.Values values,
            Environment environment,
            Optional<Enclosing> enclosing,
            Optional<List<TypeFacts>> expected) {
        Rows rows = rows(new Plan.Constant(List.of()), enclosing);
        Scope scope = Scope.empty().inside(enclosing.map(Enclosing::scope));
        RowMeaning meaning =
                new RowMeaning(
                        rows,
                        scope,
                        sub -> inner(sub, environment, Optional.of(new Enclosing(rows, scope))));
        ExpressionBuilder.Splice text = new ExpressionBuilder.Splice("(VALUES ");
        for (int i = 0; i < values.rows().size(); i++) {
            text.text(i == 0 ? "(" : ", (");
            for (int j = 0; j < values.rows().get(i).size(); j++) {
                text.text(j == 0 ? "" : ", ");
                text.expr(expressions.build(values.rows().get(i).get(j), meaning));
            }
            text.text(")");
        }
        text.text(")");
        Expr item = text.toExpr();
        int width = values.rows().getFirst().size();
        List<TypeFacts> columnTypes = expected.orElseGet(() -> rows.typesOfItem(item, width));
        List<String> columnNames = new ArrayList<>();
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < width; i++) {
            String name = "column" + (i + 1);
            columnNames.add(name);
            columns.add(new Column(names.fresh(name), columnTypes.get(i), Nullability.NULLABLE));
        }
        Plan expanded =
                new Plan.Expand(rows.plan(), Plan.Join.Kind.INNER, item, columns, Expr.always());
        Plan shown =
                rows.plan() instanceof Plan.Constant
                        ? expanded
                        : new Plan.Project(
                                expanded,
                                columns.stream()
                                        .map(it -> new Assignment(it, new Expr.Ref(it.name())))
                                        .toList());
        return new Built(shown, columnNames, List.of());
    }

    /// The rows of a common table expression.
    Built named(Named named) {
        return switch (named) {
            case Named.Previous(int number, var columns, var columnNames, var shown) -> {
                List<Column> output = new ArrayList<>();
                List<Integer> positions = new ArrayList<>();
                for (int i = 0; i < columns.size(); i++) {
                    Column column = columns.get(i);
                    output.add(
                            new Column(
                                    names.fresh(Names.stem(column.name())),
                                    column.type(),
                                    column.nullability()));
                    positions.add(i);
                }
                yield shown.apply(
                        new Built(
                                new Plan.Working(number, output, positions),
                                columnNames,
                                List.of()));
            }
            case Named.Table table when table.recursive() ->
                    new RecursionBuilder(this).build(table);
            case Named.Table(var table, boolean _, Environment environment, var enclosing) -> {
                Built built =
                        query(table.query(), environment, enclosing, Optional.empty()).visible();
                yield new Built(
                        built.plan(), renamed(built.names(), table.columnAliases()), List.of());
            }
        };
    }

    static List<String> renamed(List<String> names, List<String> aliases) {
        List<String> renamed = new ArrayList<>(aliases);
        renamed.addAll(names.subList(Math.min(aliases.size(), names.size()), names.size()));
        return renamed;
    }

    /// The types of a set operation's columns.
    List<TypeFacts> unionTypes(Plan left, Plan right, Optional<Enclosing> enclosing) {
        String first = rows(left, enclosing).describable(left);
        String second = rows(right, enclosing).describable(right);
        return types.of("(" + first + ") UNION ALL (" + second + ")", left.output().size());
    }
}
