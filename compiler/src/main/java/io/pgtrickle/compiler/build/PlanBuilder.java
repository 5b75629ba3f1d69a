package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.PlanSql;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.QueryParser;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Builds the operator tree of a canonical query.
///
/// One builder builds one query; one thread. Throws [UnsupportedConstruct] for what has no delta
/// rule.
public final class PlanBuilder {
    private final QueryAnalysis analysis;
    private final TypeAnswers types;
    private final ExpressionBuilder expressions;
    private final Names names = new Names();

    private PlanBuilder(QueryAnalysis analysis, TypeAnswers types) {
        this.analysis = analysis;
        this.types = types;
        this.expressions = new ExpressionBuilder(analysis);
    }

    /// A query's plan; the n-th column of the plan is the n-th of the query.
    ///
    /// @param types answers to earlier questions; collects new ones
    public static Plan build(QueryAnalysis analysis, TypeAnswers types) {
        PlanBuilder builder = new PlanBuilder(analysis, types);
        List<TypeFacts> expected =
                analysis.output().stream().map(QueryAnalysis.OutputColumn::type).toList();
        Built built =
                builder.query(
                        QueryParser.parse(analysis.canonicalText()),
                        Map.of(),
                        Optional.of(expected));
        return built.plan();
    }

    /// A plan whose output columns have these names for the outside.
    record Built(Plan plan, List<String> names) {
        Built {
            names = List.copyOf(names);
        }

        Scope.Source source(Optional<String> alias) {
            List<Scope.Visible> visible = new ArrayList<>();
            for (int i = 0; i < names.size(); i++) {
                visible.add(new Scope.Visible(names.get(i), plan.output().get(i)));
            }
            return new Scope.Source(alias, visible);
        }
    }

    Built query(Query query, Map<String, NamedQuery> outer, Optional<List<TypeFacts>> expected) {
        if (query.recursive()
                && query.with().stream().anyMatch(table -> mentions(table.query(), table.name()))) {
            throw new UnsupportedConstruct(
                    "WITH RECURSIVE", "The query has a recursive common table expression.");
        }
        query.trailing().stream()
                .findFirst()
                .ifPresent(clause -> {
                    throw new UnsupportedConstruct(
                            clause.construct(),
                            "The query has a " + clause.construct() + " clause.");
                });
        Map<String, NamedQuery> environment = new HashMap<>(outer);
        for (Query.CommonTable table : query.with()) {
            table.clauses().stream()
                    .filter(clause -> !clause.construct().contains("MATERIALIZED"))
                    .findFirst()
                    .ifPresent(clause -> {
                        throw new UnsupportedConstruct(
                                clause.construct(), "A common table expression uses it.");
                    });
            environment.put(
                    table.name(),
                    new NamedQuery(table.query(), table.columnAliases(), Map.copyOf(environment)));
        }
        return switch (query.body()) {
            case Body.Select select -> select(select, environment, expected);
            case Body.SetOperation operation -> setOperation(operation, environment, expected);
            case Body.Values _ ->
                    throw new UnsupportedConstruct("VALUES", "The query has a VALUES list.");
        };
    }

    /// A common table expression with what it can see itself.
    record NamedQuery(
            Query query, List<String> columnAliases, Map<String, NamedQuery> environment) {}

    private static boolean mentions(Query query, String name) {
        return query.toString().contains("name=" + name + ",");
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

    private Built select(
            Body.Select select,
            Map<String, NamedQuery> environment,
            Optional<List<TypeFacts>> expected) {
        select.windows().stream()
                .findFirst()
                .ifPresent(clause -> {
                    throw new UnsupportedConstruct(
                            "window function", "The query has a WINDOW clause.");
                });
        FromBuilder.Joined from = new FromBuilder(this, environment).from(select.from());
        Plan rows = from.plan();
        if (select.where().isPresent()) {
            rows = new Plan.Filter(rows, expressions.build(select.where().get(), from.scope()));
        }
        List<String> outputNames = new ArrayList<>();
        for (int i = 0; i < select.targets().size(); i++) {
            outputNames.add(outputName(select.targets().get(i)));
        }
        boolean grouped =
                !select.groupBy().isEmpty()
                        || select.having().isPresent()
                        || select.targets().stream()
                                .anyMatch(target -> expressions.hasAggregate(target.expression()));
        Built result =
                grouped
                        ? grouped(select, rows, from.scope(), outputNames, expected)
                        : projected(
                                rows,
                                select.targets().stream()
                                        .map(target ->
                                                expressions.build(
                                                        target.expression(), from.scope()))
                                        .toList(),
                                outputNames,
                                expected);
        return switch (select.distinct()) {
            case Distinct.None _ -> result;
            case Distinct.Rows _ -> distinct(result);
            case Distinct.On _ ->
                    throw new UnsupportedConstruct("DISTINCT ON", "The query has DISTINCT ON.");
        };
    }

    private static Built distinct(Built input) {
        if (input.names().isEmpty()) {
            throw new UnsupportedConstruct(
                    "DISTINCT without columns", "The distinct rows have no column.");
        }
        return new Built(new Plan.Distinct(input.plan()), input.names());
    }

    private static String outputName(Query.Target target) {
        return target.alias()
                .orElseGet(() ->
                        target.expression() instanceof SqlExpr.Column column
                                ? column.name()
                                : "?column?");
    }

    private Built grouped(
            Body.Select select,
            Plan rows,
            Scope scope,
            List<String> outputNames,
            Optional<List<TypeFacts>> expected) {
        Grouping grouping =
                new Grouping(
                        expressions, new Grouping.Projection(rows, names, types), scope, names);
        for (GroupItem item : select.groupBy()) {
            switch (item) {
                case GroupItem.Key(SqlExpr expression) -> grouping.key(expression);
                case GroupItem.Sets(Query.Clause clause) ->
                        throw new UnsupportedConstruct(
                                clause.construct(),
                                "The query groups by " + clause.construct() + ".");
            }
        }
        List<Expr> targets =
                select.targets().stream()
                        .map(target -> grouping.rewrite(target.expression()))
                        .toList();
        Optional<Expr> having = select.having().map(grouping::rewrite);
        Plan groups = grouping.finish(types);
        if (having.isPresent()) {
            groups = new Plan.Filter(groups, having.get());
        }
        return projected(groups, targets, outputNames, expected);
    }

    private Built projected(
            Plan input,
            List<Expr> targets,
            List<String> outputNames,
            Optional<List<TypeFacts>> expected) {
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            Expr target = targets.get(i);
            Optional<Column> reference = reference(input, target);
            TypeFacts type =
                    expected.isPresent()
                            ? expected.get().get(i)
                            : reference
                                    .map(Column::type)
                                    .orElseGet(() -> typeOf(input, target, types));
            Nullability nullability =
                    reference.map(Column::nullability).orElse(Nullability.NULLABLE);
            assignments.add(
                    new Assignment(
                            new Column(names.fresh(outputNames.get(i)), type, nullability),
                            target));
        }
        return new Built(new Plan.Project(input, assignments), outputNames);
    }

    private Built setOperation(
            Body.SetOperation operation,
            Map<String, NamedQuery> environment,
            Optional<List<TypeFacts>> expected) {
        if (operation.operator() != Body.SetOperation.Operator.UNION) {
            throw new UnsupportedConstruct(
                    operation.operator().name(),
                    "The query has " + operation.operator().name() + ".");
        }
        Built left = query(operation.left(), environment, Optional.empty());
        Built right = query(operation.right(), environment, Optional.empty());
        List<TypeFacts> outputTypes = expected.orElseGet(() -> unionTypes(left, right));
        List<Column> output = new ArrayList<>();
        for (int i = 0; i < left.names().size(); i++) {
            boolean notNull =
                    left.plan().output().get(i).nullability() == Nullability.NOT_NULL
                            && right.plan().output().get(i).nullability() == Nullability.NOT_NULL;
            output.add(
                    new Column(
                            names.fresh(left.names().get(i)),
                            outputTypes.get(i),
                            notNull ? Nullability.NOT_NULL : Nullability.NULLABLE));
        }
        Plan union =
                new Plan.UnionAll(
                        List.of(branch(left.plan(), output), branch(right.plan(), output)), output);
        Built result = new Built(union, left.names());
        return operation.multiplicity() == Body.SetOperation.Multiplicity.ALL
                ? result
                : distinct(result);
    }

    private List<TypeFacts> unionTypes(Built left, Built right) {
        String select =
                PlanSql.describable(left.plan())
                        + " UNION ALL "
                        + PlanSql.describable(right.plan());
        return types.of(select, left.names().size());
    }

    /// A branch as a projection, so that the pruner can cut it to the columns of the union.
    private Plan branch(Plan plan, List<Column> output) {
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < output.size(); i++) {
            Column column = plan.output().get(i);
            assignments.add(
                    new Assignment(
                            new Column(
                                    names.fresh(column.name()),
                                    column.type(),
                                    column.nullability()),
                            new Expr.Ref(column.name())));
        }
        return new Plan.Project(plan, assignments);
    }

    /// The column that an expression is, if it is nothing but a column.
    static Optional<Column> reference(Plan input, Expr expr) {
        return expr instanceof Expr.Ref(String name)
                ? input.output().stream().filter(column -> column.name().equals(name)).findFirst()
                : Optional.empty();
    }

    /// The type of an expression over a plan's output.
    static TypeFacts typeOf(Plan input, Expr expr, TypeAnswers types) {
        Column anonymous = new Column("q_1", TypeFacts.UNKNOWN, Nullability.NULLABLE);
        Plan question = new Plan.Project(input, List.of(new Assignment(anonymous, expr)));
        return types.of(PlanSql.describable(question), 1).getFirst();
    }
}
