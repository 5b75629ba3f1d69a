package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Random plans over [Tables], with unique column names. One thread, one plan.
final class RandomPlans {
    private static final List<TypeFacts> SORTABLE =
            List.of(TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC, Tables.TEXT);
    private static final List<TypeFacts> NUMBERS = List.of(TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC);

    private final RandomGenerator random;
    private final RandomExpressions expressions;
    private int names;
    private int leaves;

    RandomPlans(RandomGenerator random) {
        this.random = random;
        this.expressions = new RandomExpressions(random);
    }

    /// A plan of at most that many operators from the root to a leaf.
    Plan plan(int depth) {
        if (depth <= 1 || leaves > 4 || random.nextInt(12) == 0) {
            leaves++;
            return random.nextInt(12) == 0 ? constant() : scan(expressions.pick(Tables.ALL));
        }
        return switch (random.nextInt(12)) {
            case 0, 1 -> filter(plan(depth - 1));
            case 2 -> project(plan(depth - 1));
            case 3, 4 -> join(Plan.Join.Kind.INNER, plan(depth - 1), plan(depth - 1));
            case 5, 6, 7 -> join(Plan.Join.Kind.LEFT, plan(depth - 1), plan(depth - 1));
            case 8 -> union(depth);
            case 9 -> distinct(plan(depth - 1));
            default -> aggregate(plan(depth - 1));
        };
    }

    /// A scan of some columns of a relation, in any order.
    Plan.Scan scan(Relation relation) {
        List<RelationColumn> sources = new ArrayList<>(relation.columns());
        if (random.nextInt(4) == 0) {
            sources.remove(random.nextInt(sources.size()));
        }
        if (random.nextInt(4) == 0) {
            sources.add(sources.removeFirst());
        }
        List<Column> output =
                sources.stream()
                        .map(source -> new Column(name(), source.type(), source.nullability()))
                        .toList();
        return new Plan.Scan(relation, output, sources);
    }

    Plan filter(Plan input) {
        return new Plan.Filter(input, expressions.predicate(input.output(), 2));
    }

    Plan project(Plan input) {
        List<Plan.Assignment> assignments = new ArrayList<>();
        int count = random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            TypeFacts type =
                    random.nextInt(3) == 0 || input.output().isEmpty()
                            ? expressions.pick(Tables.TYPES)
                            : expressions.pick(input.output()).type();
            assignments.add(
                    new Plan.Assignment(
                            fresh(type), expressions.expression(type, input.output(), 2)));
        }
        return new Plan.Project(input, assignments);
    }

    Plan join(Plan.Join.Kind kind, Plan left, Plan right) {
        return new Plan.Join(
                kind, left, right, expressions.condition(left.output(), right.output()));
    }

    /// The first input decides the types; the others are projected to them.
    Plan union(List<Plan> inputs) {
        Plan first = inputs.getFirst();
        List<Plan> branches = new ArrayList<>(List.of(first));
        for (Plan input : inputs.subList(1, inputs.size())) {
            List<Plan.Assignment> assignments =
                    first.output().stream()
                            .map(column ->
                                    new Plan.Assignment(
                                            fresh(column.type()),
                                            expressions.expression(
                                                    column.type(), input.output(), 0)))
                            .toList();
            branches.add(new Plan.Project(input, assignments));
        }
        List<Column> output = first.output().stream().map(column -> fresh(column.type())).toList();
        return new Plan.UnionAll(branches, output);
    }

    /// Without columns there is nothing to be distinct: SQL's grammar asks for one.
    Plan distinct(Plan input) {
        return input.output().isEmpty() ? input : new Plan.Distinct(input);
    }

    Plan aggregate(Plan plan) {
        Plan input = random.nextInt(3) == 0 ? flagged(plan) : plan;
        List<Column> columns = input.output();
        List<Column> keys = new ArrayList<>();
        int wanted = random.nextInt(3);
        for (int i = 0; i < wanted && !columns.isEmpty(); i++) {
            Column key = expressions.pick(columns);
            if (!keys.contains(key)) {
                keys.add(key);
            }
        }
        List<Plan.AggregateCall> calls = new ArrayList<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            calls.add(call(expressions.pick(List.of(AggregateFunction.values())), columns));
        }
        return new Plan.Aggregate(input, keys, calls);
    }

    private Plan constant() {
        List<Plan.Assignment> assignments = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            TypeFacts type = expressions.pick(Tables.TYPES);
            assignments.add(
                    new Plan.Assignment(fresh(type), expressions.expression(type, List.of(), 1)));
        }
        return new Plan.Constant(assignments);
    }

    private Plan union(int depth) {
        List<Plan> inputs = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            inputs.add(plan(depth - 1));
        }
        return union(inputs);
    }

    /// The input with a boolean column beside its own.
    private Plan flagged(Plan input) {
        List<Plan.Assignment> assignments = new ArrayList<>();
        input.output()
                .forEach(column ->
                        assignments.add(
                                new Plan.Assignment(
                                        fresh(column.type()), RandomExpressions.ref(column))));
        Expr flag = expressions.predicate(input.output(), 1);
        assignments.add(new Plan.Assignment(fresh(TypeFacts.BOOLEAN), flag));
        return new Plan.Project(input, assignments);
    }

    private Plan.AggregateCall call(AggregateFunction function, List<Column> columns) {
        List<TypeFacts> types =
                switch (function) {
                    case COUNT_ROWS -> List.of();
                    case COUNT -> Tables.TYPES;
                    case SUM, AVG -> NUMBERS;
                    case MIN, MAX -> SORTABLE;
                };
        List<Column> arguments =
                columns.stream().filter(column -> types.contains(column.type())).toList();
        List<Column> flags = RandomExpressions.of(columns, TypeFacts.BOOLEAN);
        Optional<Column> filter =
                flags.isEmpty() || random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(expressions.pick(flags));
        if (arguments.isEmpty()) {
            Column count = fresh(TypeFacts.BIGINT);
            return new Plan.AggregateCall(
                    count, AggregateFunction.COUNT_ROWS, Optional.empty(), filter);
        }
        Column argument = expressions.pick(arguments);
        TypeFacts result =
                switch (function) {
                    case COUNT_ROWS, COUNT -> TypeFacts.BIGINT;
                    case AVG -> TypeFacts.ANY_NUMERIC;
                    case SUM, MIN, MAX -> argument.type();
                };
        return new Plan.AggregateCall(fresh(result), function, Optional.of(argument), filter);
    }

    private Column fresh(TypeFacts type) {
        return new Column(name(), type, Nullability.NULLABLE);
    }

    private String name() {
        return "c" + ++names;
    }
}
