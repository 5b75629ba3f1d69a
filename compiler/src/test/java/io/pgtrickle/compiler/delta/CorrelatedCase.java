package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.RandomCalls.Ties;
import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.model.Row;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A random plan that reads columns of another one's rows, and rows for both: a LATERAL sub-query.
///
/// @param outer the other plan
/// @param inner the plan
/// @param state the rows of each relation by OID
public record CorrelatedCase(Plan.Scan outer, Plan inner, Map<Long, ZSet> state) {

    /// The case of a seed, if it is one: no aggregate that has to be asked for its value over
    /// nothing.
    public static Optional<CorrelatedCase> of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        RandomPlans plans = new RandomPlans(random, Ties.SPLIT);
        Plan.Scan outer = plans.relation();
        Plan inner = withoutStates(plans.plan(1 + random.nextInt(4)));
        Plan correlated = expressions(inner, it -> reading(it, inner, outer, random));
        CorrelatedCase it = new CorrelatedCase(outer, correlated, new RandomStates(random).state());
        return correlated.operators().allMatch(CorrelatedCase::fits) && !it.free().isEmpty()
                ? Optional.of(it)
                : Optional.empty();
    }

    /// The columns of the outer plan that are read.
    public Set<String> free() {
        Set<String> read = new HashSet<>();
        expressions(
                inner,
                it -> {
                    read.addAll(it.columns());
                    return it;
                });
        read.retainAll(outer.outputNames());
        return read;
    }

    /// Each outer row with each row of the plan, evaluated for that outer row.
    public ZSet nestedLoop() {
        ZSet.Builder result = ZSet.builder();
        Evaluator.evaluate(outer, state)
                .forEach((row, weight) -> {
                    Plan bound = expressions(inner, it -> it.substitute(values(row)));
                    Evaluator.evaluate(bound, state)
                            .forEach((found, factor) ->
                                    result.add(row.concat(found), weight * factor));
                });
        return result.build();
    }

    /// The same by a join.
    public ZSet joined(Plan independent, Expr condition) {
        Plan join = new Plan.Join(Plan.Join.Kind.INNER, outer, independent, condition);
        return Evaluator.evaluate(
                new Plan.Project(
                        join,
                        List.of(outer, inner).stream()
                                .flatMap(it -> it.output().stream())
                                .map(it -> new Assignment(it, new Expr.Ref(it.name())))
                                .toList()),
                state);
    }

    @Override
    public String toString() {
        return "outer: %s%n  inner: %s%n  state: %s"
                .formatted(PlanText.of(outer), PlanText.of(inner), state);
    }

    private static boolean fits(Plan plan) {
        return !(plan instanceof Plan.Aggregate aggregate
                && aggregate.global()
                && aggregate.calls().stream()
                        .anyMatch(it -> it.function() == AggregateFunction.OTHER));
    }

    private static Plan withoutStates(Plan plan) {
        Plan below =
                plan.over(plan.children().stream().map(CorrelatedCase::withoutStates).toList());
        return below instanceof Plan.Stored(_, var operator) ? operator : below;
    }

    /// The expression with outer columns instead of some of its own.
    private static Expr reading(Expr expr, Plan inner, Plan outer, SplittableRandom random) {
        Map<String, Column> own =
                inner.operators()
                        .flatMap(it -> it.output().stream())
                        .collect(Collectors.toMap(Column::name, it -> it, (one, _) -> one));
        own.keySet().removeAll(rounds(inner));
        return expr.replace(name -> {
            Column column = own.get(name);
            List<Column> outers =
                    column == null
                            ? List.of()
                            : RandomExpressions.of(outer.output(), column.type());
            return outers.isEmpty() || random.nextInt(3) > 0
                    ? name
                    : outers.get(random.nextInt(outers.size())).name();
        });
    }

    /// The columns that end recursions with UNION ALL: the last of each.
    private static Set<String> rounds(Plan plan) {
        Map<Integer, Integer> last = new HashMap<>();
        plan.operators()
                .flatMap(it -> it instanceof Plan.Recursive found ? Stream.of(found) : Stream.of())
                .filter(it -> !it.distinct())
                .forEach(it -> last.put(it.number(), it.output().size() - 1));
        return plan.operators()
                .flatMap(it -> it instanceof Plan.Working found ? Stream.of(found) : Stream.of())
                .filter(it -> last.containsKey(it.number()))
                .map(it -> it.output().get(it.positions().indexOf(last.get(it.number()))).name())
                .collect(Collectors.toSet());
    }

    private Map<String, Expr> values(Row row) {
        Map<String, Expr> values = new HashMap<>();
        for (int i = 0; i < row.size(); i++) {
            values.put(outer.output().get(i).name(), Expr.text(literal(row.get(i))));
        }
        return values;
    }

    private static String literal(@Nullable Object value) {
        return switch (value) {
            case null -> "NULL";
            case BigDecimal decimal -> "numeric '" + decimal + "'";
            case String text -> "'" + text + "'";
            case Object other -> other.toString();
        };
    }

    /// The plan with other scalar expressions.
    private static Plan expressions(Plan plan, UnaryOperator<Expr> change) {
        Plan below =
                plan.over(plan.children().stream().map(it -> expressions(it, change)).toList());
        return switch (below) {
            case Plan.Filter(var input, var predicate) ->
                    new Plan.Filter(input, change.apply(predicate));
            case Plan.Project(var input, var assignments) ->
                    new Plan.Project(input, assigned(assignments, change));
            case Plan.Constant(var assignments) -> new Plan.Constant(assigned(assignments, change));
            case Plan.Expand(var input, var kind, var item, var columns, var condition) ->
                    new Plan.Expand(
                            input, kind, change.apply(item), columns, change.apply(condition));
            case Plan.Join(var kind, var left, var right, var condition) ->
                    new Plan.Join(kind, left, right, change.apply(condition));
            case Plan.Window(var input, var partition, var order, var frame, var calls) ->
                    new Plan.Window(input, partition, order, frame, assigned(calls, change));
            case Plan.Scan _,
                    Plan.UnionAll _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    below;
        };
    }

    private static List<Assignment> assigned(
            List<Assignment> assignments, UnaryOperator<Expr> change) {
        return assignments.stream()
                .map(it -> new Assignment(it.column(), change.apply(it.expression())))
                .toList();
    }
}
