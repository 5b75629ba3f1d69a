package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// What [Mutant]s are made of.
final class Faults {
    private Faults() {}

    /// Other nodes instead of those of a class.
    static <T extends Delta> Workbench.Fault in(Class<T> type, Function<T, Delta> other) {
        return in(type, _ -> true, other);
    }

    /// Other nodes instead of some of those of a class.
    static <T extends Delta> Workbench.Fault in(
            Class<T> type, Predicate<T> where, Function<T, Delta> other) {
        return (node, _) ->
                type.isInstance(node) && where.test(type.cast(node))
                        ? other.apply(type.cast(node))
                        : node;
    }

    /// Other values of the nodes of a class.
    static <T extends Delta> Workbench.Fault inValue(Class<T> type, UnaryOperator<ZSet> other) {
        return inValue(type, _ -> true, other);
    }

    /// Other values of some of the nodes of a class.
    static <T extends Delta> Workbench.Fault inValue(
            Class<T> type, Predicate<T> where, UnaryOperator<ZSet> other) {
        return (node, bench) ->
                type.isInstance(node) && where.test(type.cast(node))
                        ? bench.meaning(other.apply(bench.value(node)), node.columns())
                        : node;
    }

    /// Other terms of sums.
    static Workbench.Fault inTerms(Predicate<Delta.Sum> where, UnaryOperator<List<Term>> other) {
        return in(
                Delta.Sum.class,
                where,
                sum -> new Delta.Sum(other.apply(sum.terms()), sum.columns()));
    }

    static Delta nothing(Delta node) {
        return new Delta.Nothing(node.columns());
    }

    /// Every weight cut down to one copy.
    static ZSet once(ZSet rows) {
        return rows.distinct().minus(rows.negate().distinct());
    }

    static boolean isInner(Delta.Sum sum) {
        return sum.terms().stream().allMatch(term -> term.delta() instanceof Delta.Product);
    }

    static boolean isUnion(Delta.Sum sum) {
        return sum.terms().stream().noneMatch(term -> term.delta() instanceof Delta.Product);
    }

    /// Whether the node stands for an aggregate that computes something, not for DISTINCT.
    static boolean isGrouping(Delta.Regrouped node) {
        return !node.aggregate().calls().isEmpty();
    }

    static List<Term> lastSubtracted(List<Term> terms) {
        List<Term> wrong = new ArrayList<>(terms);
        wrong.add(new Term(Sign.MINUS, wrong.removeLast().delta()));
        return wrong;
    }

    static Delta withoutNullKeys(Delta.Regrouped node) {
        Expr condition = Expr.always();
        for (Column key : node.aggregate().keys()) {
            Expr known =
                    new Expr.Template(
                            List.of("", " IS NOT NULL"), List.of(new Expr.Ref(key.name())));
            condition = Expr.and(condition, known);
        }
        return new Delta.Regrouped(
                node.aggregate(), new Delta.Filtered(node.inputChange(), condition));
    }

    static Delta withoutFilters(Delta.Regrouped node) {
        Plan.Aggregate aggregate = node.aggregate();
        List<Plan.AggregateCall> calls =
                aggregate.calls().stream()
                        .map(call ->
                                new Plan.AggregateCall(
                                        call.result(),
                                        call.function(),
                                        call.argument(),
                                        Optional.empty()))
                        .toList();
        return new Delta.Regrouped(
                new Plan.Aggregate(aggregate.input(), aggregate.keys(), calls), node.inputChange());
    }

    static Expr notFalse(Expr predicate) {
        Expr no = new Expr.Template(List.of("false"), List.of());
        return Expr.binary(predicate, "IS DISTINCT FROM", no);
    }

    /// The condition with every equality true of NULL and NULL.
    static Expr nullSafe(Expr condition) {
        return switch (condition) {
            case Expr.Ref ref -> ref;
            case Expr.Template(var texts, var arguments) ->
                    new Expr.Template(
                            texts.equals(List.of("", " = ", ""))
                                    ? List.of("", " IS NOT DISTINCT FROM ", "")
                                    : texts,
                            arguments.stream().map(Faults::nullSafe).toList());
        };
    }

    static List<Plan.Assignment> firstIsNull(Delta.Projected node) {
        List<Plan.Assignment> wrong = new ArrayList<>(node.assignments());
        if (!wrong.isEmpty()) {
            Expr unknown = new Expr.Template(List.of("NULL"), List.of());
            wrong.set(0, new Plan.Assignment(wrong.getFirst().column(), unknown));
        }
        return wrong;
    }
}
