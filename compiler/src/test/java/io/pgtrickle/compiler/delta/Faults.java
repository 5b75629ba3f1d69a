package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Partners;
import io.pgtrickle.compiler.delta.Delta.Side;
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
import java.util.stream.Stream;

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

    /// Whether the sum is that of branches and not of the parts of a join.
    static boolean isUnion(Delta.Sum sum) {
        return sum.terms().stream()
                .map(Term::delta)
                .noneMatch(it ->
                        it instanceof Delta.Product
                                || it instanceof Delta.Padded
                                || it instanceof Delta.Kept
                                || it instanceof Delta.Flipped);
    }

    static boolean isGrouping(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Aggregate aggregate && !aggregate.calls().isEmpty();
    }

    static boolean isDistinct(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Aggregate aggregate && aggregate.calls().isEmpty();
    }

    static boolean isWindow(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Window;
    }

    static boolean isLimit(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Limit;
    }

    static boolean isRecursion(Delta.Maintained node) {
        return node.stored().operator() instanceof Plan.Recursive;
    }

    static boolean isStoredGrouping(Delta.Maintained node) {
        return node.stored().operator() instanceof Plan.Aggregate;
    }

    /// Whether rows are extended with NULL before their own columns, not after them.
    static boolean padsBefore(Delta delta) {
        return delta instanceof Delta.Padded(var input, var columns)
                && !input.columns().isEmpty()
                && !columns.getFirst().name().equals(input.columns().getFirst().name());
    }

    static List<Term> lastSubtracted(List<Term> terms) {
        List<Term> wrong = new ArrayList<>(terms);
        wrong.add(new Term(Sign.MINUS, wrong.removeLast().delta()));
        return wrong;
    }

    static Delta withoutNullKeys(Delta.Rekeyed node) {
        Expr condition = Expr.always();
        for (Column key : node.keys()) {
            Expr known =
                    new Expr.Template(
                            List.of("", " IS NOT NULL"), List.of(new Expr.Ref(key.name())));
            condition = Expr.and(condition, known);
        }
        return new Delta.Rekeyed(
                node.operator(), node.keys(), new Delta.Filtered(node.inputChange(), condition));
    }

    static Delta withoutFilters(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Aggregate(var input, var keys, var calls)
                ? new Delta.Rekeyed(
                        new Plan.Aggregate(
                                input,
                                keys,
                                calls.stream()
                                        .map(call ->
                                                new Plan.AggregateCall(
                                                        call.result(),
                                                        call.function(),
                                                        call.argument(),
                                                        Optional.empty(),
                                                        call.text()))
                                        .toList()),
                        node.keys(),
                        node.inputChange())
                : node;
    }

    /// Only the rows that tie with a changed one, instead of their whole partitions.
    static Delta ofPeersOnly(Delta.Rekeyed node) {
        return node.operator() instanceof Plan.Window window
                ? new Delta.Rekeyed(
                        window,
                        Stream.concat(
                                        window.partition().stream(),
                                        window.order().stream().map(Plan.SortKey::column))
                                .distinct()
                                .toList(),
                        node.inputChange())
                : node;
    }

    static Delta withoutFrame(Delta.Rekeyed node) {
        return node.operator()
                        instanceof Plan.Window(var input, var partition, var order, _, var calls)
                ? new Delta.Rekeyed(
                        new Plan.Window(input, partition, order, Optional.empty(), calls),
                        node.keys(),
                        node.inputChange())
                : node;
    }

    static Delta withoutTies(Delta.Rekeyed node) {
        return node.operator()
                        instanceof
                        Plan.Limit(var input, var partition, var order, var count, var offset, _)
                ? new Delta.Rekeyed(
                        new Plan.Limit(input, partition, order, count, offset, false),
                        node.keys(),
                        node.inputChange())
                : node;
    }

    static Delta withoutOffset(Delta.Rekeyed node) {
        return node.operator()
                        instanceof
                        Plan.Limit(var input, var partition, var order, var count, _, var ties)
                ? new Delta.Rekeyed(
                        new Plan.Limit(input, partition, order, count, Optional.empty(), ties),
                        node.keys(),
                        node.inputChange())
                : node;
    }

    /// The rule for the other kind of recursion.
    static Delta withOtherUnion(Delta.Maintained node) {
        return node.stored().operator()
                        instanceof
                        Plan.Recursive(var number, var base, var step, var distinct, var output)
                ? new Delta.Maintained(
                        new Plan.Stored(
                                node.stored().number(),
                                new Plan.Recursive(number, base, step, !distinct, output)),
                        node.inputChanges())
                : node;
    }

    /// Other changes of what a grouping is maintained from.
    static Workbench.Fault inInputs(UnaryOperator<ZSet> other) {
        return (node, bench) ->
                node instanceof Delta.Maintained(var stored, var inputs)
                                && stored.operator() instanceof Plan.Aggregate
                        ? new Delta.Maintained(
                                stored,
                                inputs.stream()
                                        .map(it ->
                                                bench.meaning(
                                                        other.apply(bench.value(it)), it.columns()))
                                        .toList())
                        : node;
    }

    static Side now(Side side) {
        return side instanceof Side.Before(var plan) ? new Side.Now(plan) : side;
    }

    static Side before(Side side) {
        return side instanceof Side.Now(var plan) ? new Side.Before(plan) : side;
    }

    static Partners other(Partners partners) {
        return switch (partners) {
            case SOME -> Partners.NONE;
            case NONE -> Partners.SOME;
        };
    }

    /// The node with another condition.
    static Delta.Kept with(Delta.Kept node, Expr condition) {
        return new Delta.Kept(
                node.left(), node.right(), node.rightChange(), condition, node.partners());
    }

    /// The node with another condition.
    static Delta.Flipped with(Delta.Flipped node, Expr condition) {
        return new Delta.Flipped(
                node.left(), node.right(), node.rightChange(), condition, node.partners());
    }

    /// The condition with UNKNOWN taken for false where it counts as true.
    static Expr nullBlind(Expr condition) {
        return switch (condition) {
            case Expr.Ref ref -> ref;
            case Expr.Template(var texts, var arguments) ->
                    texts.equals(List.of("", " IS NOT FALSE"))
                            ? nullBlind(arguments.getFirst())
                            : new Expr.Template(
                                    texts, arguments.stream().map(Faults::nullBlind).toList());
        };
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
