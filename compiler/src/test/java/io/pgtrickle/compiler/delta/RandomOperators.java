package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.delta.RandomCalls.Ties;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Random operators over given inputs, with unique column names. One thread, one plan.
final class RandomOperators {
    private static final List<String> DIRECTIONS =
            List.of("", "", "DESC", "NULLS FIRST", "DESC NULLS LAST");
    private static final List<String> FRAMES =
            List.of(
                    "ROWS UNBOUNDED PRECEDING",
                    "ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING",
                    "ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING",
                    "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING");

    private final RandomGenerator random;
    private final Ties ties;
    private final Names names = new Names();
    private final RandomExpressions expressions;
    private final RandomCalls calls;

    RandomOperators(RandomGenerator random, Ties ties) {
        this.random = random;
        this.ties = ties;
        this.expressions = new RandomExpressions(random);
        this.calls = new RandomCalls(random, names);
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
                        .map(source -> names.column(source.type(), source.nullability()))
                        .toList();
        return new Plan.Scan(relation, output, sources);
    }

    Plan constant() {
        List<Plan.Assignment> assignments = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            TypeFacts type = expressions.pick(Tables.TYPES);
            assignments.add(assign(type, expressions.expression(type, List.of(), 1)));
        }
        return new Plan.Constant(assignments);
    }

    Plan filter(Plan input) {
        return new Plan.Filter(input, expressions.predicate(input.output(), 2));
    }

    Plan project(Plan input) {
        return project(input, random.nextInt(10) == 0 ? 0 : 1 + random.nextInt(3));
    }

    private Plan.Project project(Plan input, int count) {
        List<Plan.Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            TypeFacts type =
                    random.nextInt(3) == 0 || input.output().isEmpty()
                            ? expressions.pick(Tables.TYPES)
                            : expressions.pick(input.output()).type();
            assignments.add(assign(type, expressions.expression(type, input.output(), 2)));
        }
        return new Plan.Project(input, assignments);
    }

    Plan join(Plan.Join.Kind kind, Plan left, Plan right) {
        return new Plan.Join(
                kind, left, right, expressions.condition(left.output(), right.output()));
    }

    /// The first input decides the types; the others are projected to them.
    Plan union(List<Plan> inputs) {
        List<Column> types = inputs.getFirst().output();
        List<Plan> branches = new ArrayList<>(List.of(same(inputs.getFirst())));
        inputs.subList(1, inputs.size()).forEach(it -> branches.add(like(types, it)));
        return new Plan.UnionAll(branches, fresh(types));
    }

    private Plan same(Plan input) {
        return new Plan.Project(input, copied(input));
    }

    private List<Plan.Assignment> copied(Plan input) {
        return input.output().stream()
                .map(column -> assign(column.type(), RandomExpressions.ref(column)))
                .toList();
    }

    private Plan like(List<Column> types, Plan input) {
        List<Plan.Assignment> assignments =
                types.stream()
                        .map(column ->
                                assign(
                                        column.type(),
                                        expressions.expression(column.type(), input.output(), 0)))
                        .toList();
        return new Plan.Project(input, assignments);
    }

    private List<Column> fresh(List<Column> types) {
        return types.stream().map(column -> names.column(column.type())).toList();
    }

    /// Without columns there is nothing to be distinct: SQL's grammar asks for one.
    Plan distinct(Plan input) {
        return input.output().isEmpty() ? input : new Plan.Distinct(input);
    }

    Plan.Aggregate aggregate(Plan plan) {
        Plan input = random.nextInt(3) == 0 ? flagged(plan) : plan;
        List<Plan.AggregateCall> aggregates = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            AggregateFunction function = expressions.pick(List.of(AggregateFunction.values()));
            aggregates.add(calls.aggregate(function, input.output()));
        }
        return new Plan.Aggregate(input, some(input.output(), 2), aggregates);
    }

    /// The number of distinct values of a column in each group.
    Plan counted(Plan plan) {
        Plan input = plan.output().isEmpty() ? flagged(plan) : plan;
        return new Plan.Aggregate(
                input, some(input.output(), 2), List.of(calls.distinctCount(input.output())));
    }

    /// A grouping or DISTINCT whose result is kept.
    Plan stored(Plan input) {
        boolean distinct = random.nextInt(3) == 0 && !input.output().isEmpty();
        return new Plan.Stored(
                names.number(),
                distinct ? new Plan.Distinct(input).asAggregate() : aggregate(input));
    }

    /// The input with a boolean column beside its own.
    private Plan flagged(Plan input) {
        List<Plan.Assignment> assignments = new ArrayList<>(copied(input));
        assignments.add(assign(TypeFacts.BOOLEAN, expressions.predicate(input.output(), 1)));
        return new Plan.Project(input, assignments);
    }

    Plan expand(Plan input) {
        return expand(input, 1);
    }

    /// @param depth of the expressions in the item; with 0 it makes few new values
    private Plan expand(Plan input, int depth) {
        Plan.Join.Kind kind = random.nextBoolean() ? Plan.Join.Kind.INNER : Plan.Join.Kind.LEFT;
        List<Column> inputs = input.output();
        TypeFacts type = expressions.pick(Tables.TYPES);
        Expr one = expressions.expression(type, inputs, depth);
        Expr other = expressions.expression(type, inputs, depth);
        Column column = names.column(type);
        return switch (random.nextInt(4)) {
            case 0 -> {
                Expr number = expressions.expression(TypeFacts.BIGINT, inputs, 1);
                Expr last =
                        new Expr.Template(
                                List.of("CASE WHEN ", " THEN ", " ELSE ", " END"),
                                List.of(
                                        Expr.binary(number, ">", RandomExpressions.literal("3")),
                                        RandomExpressions.literal("3"),
                                        number));
                yield expanded(
                        input,
                        kind,
                        new Expr.Template(
                                List.of("generate_series(", ", ", ")"),
                                List.of(RandomExpressions.literal("1"), last)),
                        List.of(names.column(TypeFacts.BIGINT)));
            }
            case 1 ->
                    expanded(
                            input,
                            kind,
                            new Expr.Template(
                                    List.of("unnest(ARRAY[", ", ", "])"), List.of(one, other)),
                            List.of(column));
            case 2 ->
                    expanded(
                            input,
                            kind,
                            new Expr.Template(
                                    List.of("(VALUES (", "), (", "))"), List.of(one, other)),
                            List.of(column));
            default ->
                    expanded(
                            input,
                            kind,
                            new Expr.Template(
                                    List.of("(VALUES (", ", ", "), (", ", ", "))"),
                                    List.of(one, other, other, one)),
                            List.of(column, names.column(type)));
        };
    }

    private Plan expanded(Plan input, Plan.Join.Kind kind, Expr item, List<Column> columns) {
        List<Column> all = new ArrayList<>(input.output());
        all.addAll(columns);
        Expr condition = random.nextBoolean() ? Expr.always() : expressions.predicate(all, 1);
        return new Plan.Expand(input, kind, item, columns, condition);
    }

    Plan window(Plan input) {
        List<Plan.Assignment> values = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            values.add(calls.window(input.output(), ties));
        }
        boolean framed = ties == Ties.SPLIT && random.nextBoolean();
        Optional<Expr> frame =
                framed ? Optional.of(Expr.text(expressions.pick(FRAMES))) : Optional.empty();
        return new Plan.Window(
                input, some(input.output(), 2), order(input.output()), frame, values);
    }

    Plan limit(Plan input) {
        boolean counted = random.nextInt(6) > 0;
        boolean together = ties == Ties.TOGETHER || random.nextInt(3) == 0;
        boolean skipping = ties == Ties.SPLIT && random.nextInt(3) == 0;
        return new Plan.Limit(
                input,
                some(input.output(), 1),
                order(input.output()),
                counted ? Optional.of(number("0", "1", "2", "2", "NULL")) : Optional.empty(),
                skipping ? Optional.of(number("0", "1", "2")) : Optional.empty(),
                together);
    }

    private Expr number(String... texts) {
        return Expr.text(expressions.pick(List.of(texts)));
    }

    private List<Plan.SortKey> order(List<Column> columns) {
        return some(columns, 2).stream()
                .map(column -> new Plan.SortKey(column, expressions.pick(DIRECTIONS)))
                .toList();
    }

    private List<Column> some(List<Column> columns, int most) {
        List<Column> some = new ArrayList<>();
        for (int i = random.nextInt(most + 1); i > 0 && !columns.isEmpty(); i--) {
            Column column = expressions.pick(columns);
            if (!some.contains(column)) {
                some.add(column);
            }
        }
        return some;
    }

    /// A recursion with an end, kept: with UNION over values that are all there at the beginning,
    /// with UNION ALL of at most two rounds.
    ///
    /// @param start its base
    /// @param other what each round is joined with
    Plan.Stored recursion(Plan start, Plan other) {
        boolean distinct = random.nextInt(3) > 0;
        int number = names.number();
        List<Plan.Assignment> based =
                new ArrayList<>(project(start, 1 + random.nextInt(2)).assignments());
        if (!distinct) {
            based.add(assign(TypeFacts.BIGINT, RandomExpressions.literal("0")));
        }
        Plan base = new Plan.Project(start, based);
        Plan.Working working = working(number, base.output());
        Plan step =
                switch (random.nextInt(6)) {
                    case 0 -> filter(working);
                    case 1 -> join(Plan.Join.Kind.SEMI, working, other);
                    case 2 -> join(Plan.Join.Kind.ANTI, working, other);
                    case 3 -> expand(working, 0);
                    default -> join(Plan.Join.Kind.INNER, working, other);
                };
        Plan next = distinct ? like(base.output(), step) : counted(base.output(), working, step);
        return new Plan.Stored(
                names.number(),
                new Plan.Recursive(number, base, next, distinct, fresh(base.output())));
    }

    private Plan.Working working(int number, List<Column> columns) {
        List<Integer> positions = new ArrayList<>();
        for (int i = 0; i < columns.size(); i++) {
            positions.add(i);
        }
        if (random.nextInt(3) == 0) {
            positions.add(0, positions.removeLast());
        }
        List<Column> output =
                positions.stream().map(it -> names.column(columns.get(it).type())).toList();
        return new Plan.Working(number, output, positions);
    }

    /// The step with one more in the last column, as long as there it is less than two.
    private Plan counted(List<Column> columns, Plan.Working working, Plan step) {
        int last = columns.size() - 1;
        Expr round = RandomExpressions.ref(working.output().get(working.positions().indexOf(last)));
        Plan early = new Plan.Filter(step, Expr.binary(round, "<", RandomExpressions.literal("2")));
        List<Plan.Assignment> assignments = new ArrayList<>();
        for (Column column : columns.subList(0, last)) {
            assignments.add(
                    assign(column.type(), expressions.expression(column.type(), step.output(), 1)));
        }
        assignments.add(
                assign(TypeFacts.BIGINT, Expr.binary(round, "+", RandomExpressions.literal("1"))));
        return new Plan.Project(early, assignments);
    }

    private Plan.Assignment assign(TypeFacts type, Expr expression) {
        return new Plan.Assignment(names.column(type), expression);
    }
}
