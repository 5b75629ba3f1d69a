package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Enclosing;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query.Body;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Builds set operations. INTERSECT and EXCEPT count, for each distinct row, its copies on both
/// sides; the counts say how many copies the result has.
final class SetOperationBuilder {
    private final PlanBuilder builder;
    private final Environment environment;
    private final Optional<Enclosing> enclosing;

    SetOperationBuilder(
            PlanBuilder builder, Environment environment, Optional<Enclosing> enclosing) {
        this.builder = builder;
        this.environment = environment;
        this.enclosing = enclosing;
    }

    Built build(Body.SetOperation operation, Optional<List<TypeFacts>> expected) {
        Built left =
                builder.query(operation.left(), environment, enclosing, Optional.empty()).visible();
        Built right =
                builder.query(operation.right(), environment, enclosing, Optional.empty())
                        .visible();
        List<TypeFacts> types =
                expected.orElseGet(() -> builder.unionTypes(left.plan(), right.plan(), enclosing));
        List<Column> output = new ArrayList<>();
        for (int i = 0; i < left.names().size(); i++) {
            boolean notNull =
                    !Unnesting.nullable(left.plan().output().get(i))
                            && !Unnesting.nullable(right.plan().output().get(i));
            output.add(
                    new Column(
                            builder.names().fresh(left.names().get(i)),
                            types.get(i),
                            notNull ? Nullability.NOT_NULL : Nullability.NULLABLE));
        }
        boolean all = operation.multiplicity() == Body.SetOperation.Multiplicity.ALL;
        Plan result =
                switch (operation.operator()) {
                    case UNION -> {
                        Plan union =
                                new Plan.UnionAll(
                                        List.of(
                                                branch(left.plan(), Optional.empty()),
                                                branch(right.plan(), Optional.empty())),
                                        output);
                        yield all ? union : SelectBuilder.distinct(union);
                    }
                    case INTERSECT -> counted(left.plan(), right.plan(), output, all, true);
                    case EXCEPT -> counted(left.plan(), right.plan(), output, all, false);
                };
        return new Built(result, left.names(), List.of());
    }

    /// A branch as a projection, so that the pruner can cut it to the columns of the union.
    private Plan branch(Plan plan, Optional<Expr> side) {
        List<Assignment> assignments = new ArrayList<>();
        for (Column column : plan.output()) {
            assignments.add(
                    new Assignment(
                            new Column(
                                    builder.names().fresh(Names.stem(column.name())),
                                    column.type(),
                                    column.nullability()),
                            new Expr.Ref(column.name())));
        }
        side.ifPresent(it -> assignments.add(new Assignment(flag("side"), it)));
        return new Plan.Project(plan, assignments);
    }

    private Column flag(String stem) {
        return new Column(builder.names().fresh(stem), TypeFacts.BOOLEAN, Nullability.NOT_NULL);
    }

    private Plan counted(
            Plan left, Plan right, List<Column> output, boolean all, boolean intersect) {
        if (output.isEmpty()) {
            throw new UnsupportedConstruct(
                    "set operation without columns", "The rows have no column.");
        }
        Column isLeft = flag("left");
        Column isRight = flag("right");
        List<Column> sided = new ArrayList<>(output);
        sided.add(isLeft);
        Plan both =
                new Plan.UnionAll(
                        List.of(
                                branch(left, Optional.of(Expr.text("true"))),
                                branch(right, Optional.of(Expr.text("false")))),
                        sided);
        List<Assignment> flags = new ArrayList<>();
        sided.forEach(it -> flags.add(new Assignment(it, new Expr.Ref(it.name()))));
        flags.add(new Assignment(isRight, Expr.around("NOT ", new Expr.Ref(isLeft.name()), "")));
        AggregateCall lefts = count(isLeft);
        AggregateCall rights = count(isRight);
        Plan counts =
                new Plan.Aggregate(new Plan.Project(both, flags), output, List.of(lefts, rights));
        List<Expr> numbers =
                List.of(new Expr.Ref(lefts.result().name()), new Expr.Ref(rights.result().name()));
        Plan rows;
        if (all) {
            List<String> copies =
                    intersect
                            ? List.of("generate_series(1, LEAST(", ", ", "))")
                            : List.of("generate_series(1, ", " - ", ")");
            rows =
                    new Plan.Expand(
                            counts,
                            Plan.Join.Kind.INNER,
                            new Expr.Template(copies, numbers),
                            List.of(
                                    new Column(
                                            builder.names().fresh("copy"),
                                            TypeFacts.BIGINT,
                                            Nullability.NULLABLE)),
                            Expr.always());
        } else {
            rows =
                    new Plan.Filter(
                            counts,
                            new Expr.Template(
                                    List.of("", " > 0 AND ", intersect ? " > 0" : " = 0"),
                                    numbers));
        }
        return new Plan.Project(
                rows,
                output.stream().map(it -> new Assignment(it, new Expr.Ref(it.name()))).toList());
    }

    private AggregateCall count(Column flag) {
        Column result =
                new Column(builder.names().fresh("count"), TypeFacts.BIGINT, Nullability.NOT_NULL);
        return new AggregateCall(
                result, AggregateFunction.COUNT_ROWS, Optional.empty(), Optional.of(flag));
    }
}
