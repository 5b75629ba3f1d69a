package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.PlanSql;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// The rows of a query while it is built: a plan that gets more columns as its expressions need
/// them, inside the rows of the queries around it.
///
/// Mutable; one thread.
final class Rows {
    private final Names names;
    private final TypeAnswers types;
    private final Optional<Rows> outer;
    private Plan plan;

    Rows(Plan plan, Names names, TypeAnswers types, Optional<Rows> outer) {
        this.plan = plan;
        this.names = names;
        this.types = types;
        this.outer = outer;
    }

    Plan plan() {
        return plan;
    }

    Names names() {
        return names;
    }

    void become(Plan next) {
        plan = next;
    }

    void change(UnaryOperator<Plan> step) {
        plan = step.apply(plan);
    }

    /// Rows of another plan in the same place.
    Rows with(Plan other) {
        return new Rows(other, names, types, outer);
    }

    /// Rows of a query inside these.
    Rows inside(Plan inner) {
        return new Rows(inner, names, types, Optional.of(this));
    }

    /// A column with the value of an expression over the rows: the column that it is, or a new one.
    Column column(Expr expr, String stem) {
        return reference(expr)
                .orElseGet(() -> {
                    Column added =
                            new Column(names.fresh(stem), typeOf(expr), Nullability.NULLABLE);
                    add(List.of(new Assignment(added, expr)));
                    return added;
                });
    }

    /// Adds columns to the rows.
    void add(List<Assignment> assignments) {
        if (assignments.isEmpty()) {
            return;
        }
        List<Assignment> all = new ArrayList<>();
        plan.output().forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        all.addAll(assignments);
        plan = new Plan.Project(plan, all);
    }

    /// The column that an expression is, if it is nothing but a column of the rows.
    Optional<Column> reference(Expr expr) {
        return expr instanceof Expr.Ref(String name)
                ? plan.output().stream().filter(column -> column.name().equals(name)).findFirst()
                : Optional.empty();
    }

    /// The column that an expression is, in these rows or in those around them.
    Optional<Column> anyReference(Expr expr) {
        return reference(expr).or(() -> outer.flatMap(it -> it.anyReference(expr)));
    }

    /// Whether these rows or those around them are such a plan.
    boolean anyPlan(Predicate<Plan> test) {
        return test.test(plan) || outer.filter(it -> it.anyPlan(test)).isPresent();
    }

    /// The type of an expression over the rows.
    TypeFacts typeOf(Expr expr) {
        return anyReference(expr)
                .map(Column::type)
                .orElseGet(() -> {
                    Column anonymous = new Column("q_1", TypeFacts.UNKNOWN, Nullability.NULLABLE);
                    return typesOf(new Plan.Project(plan, List.of(new Assignment(anonymous, expr))))
                            .getFirst();
                });
    }

    /// The type of an aggregate call over the rows.
    TypeFacts typeOfAggregate(Expr call) {
        Column anonymous = new Column("q_1", TypeFacts.UNKNOWN, Nullability.NULLABLE);
        return typesOf(
                        new Plan.Aggregate(
                                plan,
                                List.of(),
                                List.of(
                                        new Plan.AggregateCall(
                                                anonymous,
                                                Plan.AggregateFunction.OTHER,
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.of(call)))))
                .getFirst();
    }

    /// The column types of a plan in the place of these rows.
    List<TypeFacts> typesOf(Plan question) {
        return types.of(describable(question), question.output().size());
    }

    /// The column types of a FROM item over the rows.
    List<TypeFacts> typesOfItem(Expr item, int width) {
        List<Column> unknown = new ArrayList<>();
        List<Assignment> shown = new ArrayList<>();
        for (int i = 1; i <= width; i++) {
            Column column = new Column("q_" + i, TypeFacts.UNKNOWN, Nullability.NULLABLE);
            unknown.add(column);
            shown.add(new Assignment(column, new Expr.Ref(column.name())));
        }
        return typesOf(
                new Plan.Project(
                        new Plan.Expand(plan, Plan.Join.Kind.INNER, item, unknown, Expr.always()),
                        shown));
    }

    /// A SELECT to describe: where the plan reads outer columns, beside the rows they belong to.
    String describable(Plan question) {
        Plan asked = Skeleton.of(question);
        String select = PlanSql.describable(asked);
        Set<String> free = Free.of(asked);
        for (Optional<Rows> around = outer;
                around.isPresent() && !free.isEmpty();
                around = around.get().outer) {
            Plan beside = Skeleton.of(around.get().plan, free);
            select =
                    "SELECT q.* FROM ("
                            + PlanSql.describable(beside)
                            + ") AS o CROSS JOIN LATERAL ("
                            + select
                            + ") AS q";
            beside.outputNames().forEach(free::remove);
            free.addAll(Free.of(beside));
        }
        return select;
    }
}
