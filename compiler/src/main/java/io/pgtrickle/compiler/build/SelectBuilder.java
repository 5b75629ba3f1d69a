package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Enclosing;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Builds one SELECT core: FROM and WHERE, then groups, then HAVING, then window functions and
/// sub-queries of the select list, then its sets, then DISTINCT.
///
/// One thread; used once.
final class SelectBuilder {
    private final PlanBuilder builder;
    private final Environment environment;
    private final Body.Select select;
    private final Rows rows;
    private final Scope scope;

    SelectBuilder(
            PlanBuilder builder,
            Environment environment,
            Optional<Enclosing> enclosing,
            Body.Select select) {
        this.builder = builder;
        this.environment = environment;
        this.select = select;
        FromBuilder.Joined from =
                new FromBuilder(builder, environment, enclosing, select.toString())
                        .from(select.from());
        this.rows = builder.rows(from.plan(), enclosing);
        this.scope = from.scope().inside(enclosing.map(Enclosing::scope));
    }

    private ExpressionBuilder expressions() {
        return builder.expressions();
    }

    private SubQueries.Inner inner(SqlExpr.SubQuery sub) {
        return inner(sub, scope);
    }

    private SubQueries.Inner inner(SqlExpr.SubQuery sub, Scope seen) {
        return builder.inner(sub, environment, Optional.of(new Enclosing(rows, seen)));
    }

    /// @param expected the types of the output columns, where they are known
    /// @param order the ORDER BY of the query
    Built build(Optional<List<TypeFacts>> expected, List<SortItem> order) {
        select.where().ifPresent(this::where);
        boolean grouped =
                !select.groupBy().isEmpty()
                        || select.having().isPresent()
                        || select.targets().stream()
                                .anyMatch(it -> expressions().hasAggregate(it.expression()))
                        || order.stream()
                                .anyMatch(it -> expressions().hasAggregate(it.expression()));
        Deferred having = new Deferred();
        Deferred later = new Deferred();
        Optional<Grouping> grouping =
                grouped ? Optional.of(new Grouping(rows, scope, expressions())) : Optional.empty();
        grouping.ifPresent(it -> it.by(select, new RowMeaning(rows, scope, this::inner)));
        List<Test> tests =
                select.having().stream()
                        .flatMap(ExpressionBuilder::conjuncts)
                        .map(it -> test(it, meaning(grouping, having), beside(grouping)))
                        .toList();
        ExpressionBuilder.Meaning meaning = meaning(grouping, later);
        List<Expr> targets =
                select.targets().stream()
                        .map(it -> expressions().build(it.expression(), meaning))
                        .toList();
        List<Expr> keys =
                select.distinct() instanceof Distinct.On(List<SqlExpr> on)
                        ? on.stream().map(it -> expressions().build(it, meaning)).toList()
                        : List.of();
        List<Expr> sorts =
                order.stream().map(it -> expressions().build(it.expression(), meaning)).toList();
        grouping.ifPresent(it -> rows.become(it.finish()));
        having.run(rows);
        tests.forEach(it -> apply(it.replaced(having)));
        later.run(rows);
        return finish(
                later.replaced(targets),
                later.replaced(keys),
                later.replaced(sorts),
                expected,
                order);
    }

    private ExpressionBuilder.Meaning meaning(Optional<Grouping> grouping, Deferred deferred) {
        WindowSpecs windows = new WindowSpecs(select.windows());
        return new SelectMeaning(
                new RowMeaning(rows, scope, this::inner),
                grouping,
                deferred,
                windows,
                expressions(),
                beside(grouping));
    }

    private Function<SqlExpr.SubQuery, SubQueries.Inner> beside(Optional<Grouping> grouping) {
        Scope seen = grouping.map(Grouping::scope).orElse(scope);
        return sub -> inner(sub, seen);
    }

    // ---- conditions -------------------------------------------------------------------------

    /// A conjunct of WHERE or HAVING: a sub-query's test of the expressions in `left`, or a
    /// predicate in `left`'s only entry.
    private record Test(Optional<SubQueries.Inner> inner, List<Expr> left, boolean negated) {
        Test replaced(Deferred deferred) {
            return new Test(inner, deferred.replaced(left), negated);
        }
    }

    private void where(SqlExpr predicate) {
        RowMeaning meaning = new RowMeaning(rows, scope, this::inner);
        ExpressionBuilder.conjuncts(predicate).forEach(it -> apply(test(it, meaning, this::inner)));
    }

    private Test test(
            SqlExpr conjunct,
            ExpressionBuilder.Meaning meaning,
            Function<SqlExpr.SubQuery, SubQueries.Inner> inner) {
        Optional<SqlExpr> negated = ExpressionBuilder.negated(conjunct);
        if (negated.orElse(conjunct) instanceof SqlExpr.SubQuery sub
                && sub.kind() != SqlExpr.SubQuery.Kind.SCALAR
                && sub.kind() != SqlExpr.SubQuery.Kind.ARRAY) {
            return new Test(
                    Optional.of(inner.apply(sub)),
                    expressions().all(sub.left(), meaning),
                    negated.isPresent());
        }
        return new Test(Optional.empty(), List.of(expressions().build(conjunct, meaning)), false);
    }

    private void apply(Test test) {
        test.inner()
                .ifPresentOrElse(
                        inner -> new SubQueries(rows).filter(inner, test.left(), test.negated()),
                        () -> rows.change(plan -> new Plan.Filter(plan, test.left().getFirst())));
    }

    // ---- the result -------------------------------------------------------------------------

    private Built finish(
            List<Expr> targets,
            List<Expr> keys,
            List<Expr> sorts,
            Optional<List<TypeFacts>> expected,
            List<SortItem> order) {
        List<String> outputNames = select.targets().stream().map(SelectBuilder::name).toList();
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < targets.size(); i++) {
            assignments.add(assignment(targets.get(i), outputNames.get(i), expected, i));
        }
        List<Column> keyColumns = keys.stream().map(it -> shown(it, assignments)).toList();
        List<Plan.SortKey> sortKeys = new ArrayList<>();
        for (int i = 0; i < sorts.size(); i++) {
            sortKeys.add(new Plan.SortKey(shown(sorts.get(i), assignments), order.get(i).suffix()));
        }
        Plan projected = new Plan.Project(rows.plan(), assignments);
        Plan result =
                switch (select.distinct()) {
                    case Distinct.None _ -> projected;
                    case Distinct.Rows _ -> distinct(projected);
                    case Distinct.On _ ->
                            new Plan.Limit(
                                    projected,
                                    keyColumns,
                                    sortKeys,
                                    Optional.of(Expr.text("1")),
                                    Optional.empty(),
                                    false);
                };
        return new Built(result, outputNames, sortKeys);
    }

    static Plan distinct(Plan input) {
        if (input.output().isEmpty()) {
            throw new UnsupportedConstruct(
                    "DISTINCT without columns", "The distinct rows have no column.");
        }
        return new Plan.Distinct(input);
    }

    private Assignment assignment(
            Expr target, String name, Optional<List<TypeFacts>> expected, int position) {
        Optional<Column> reference = rows.anyReference(target);
        TypeFacts type =
                expected.isPresent()
                        ? expected.get().get(position)
                        : reference.map(Column::type).orElseGet(() -> rows.typeOf(target));
        Nullability nullability = reference.map(Column::nullability).orElse(Nullability.NULLABLE);
        return new Assignment(new Column(rows.names().fresh(name), type, nullability), target);
    }

    /// The output column with a value, a hidden one if need be.
    private Column shown(Expr value, List<Assignment> assignments) {
        return assignments.stream()
                .filter(it -> it.expression().equals(value))
                .map(Assignment::column)
                .findFirst()
                .orElseGet(() -> {
                    Assignment hidden = assignment(value, "sort", Optional.empty(), 0);
                    assignments.add(hidden);
                    return hidden.column();
                });
    }

    private static String name(Query.Target target) {
        return target.alias()
                .orElseGet(() ->
                        target.expression() instanceof SqlExpr.Column column
                                ? column.name()
                                : "?column?");
    }
}
