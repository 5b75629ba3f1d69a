package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Partners;
import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Turns a plan into the delta of its result.
///
/// Linear operators apply to the delta. A join is bilinear: with `L` and `R` the new states, `(L +
/// 0) ⋈ (R + 0) - (L - dL) ⋈ (R - dR) = dL ⋈ R + L ⋈ dR - dL ⋈ dR`. An anti join has the rows
/// without a partner: with `m` the number of partners, `L·[m = 0] - (L - dL)·[m_old = 0] = L·([m =
/// 0] - [m_old = 0]) + dL·[m_old = 0]`, where the first term is [Delta.Flipped] and the second
/// [Delta.Kept]; a semi join is the same with `m > 0`. The null-extended rows of an outer join are
/// those of an anti join. Operators that work key by key are recomputed for the touched keys.
/// Results that are stored are maintained from their state. Branches of unchanged relations are
/// left out. Source: Budiu et al., *DBSP*, VLDB 2023, section 3; Griffin and Libkin, *Incremental
/// Maintenance of Views with Duplicates*, SIGMOD 1995.
///
/// Immutable.
public final class Differentiator {
    private final Set<Long> changed;

    private Differentiator(Set<Long> changed) {
        this.changed = Set.copyOf(changed);
    }

    /// The delta of `plan` when only the relations with the OIDs in `changed` have pending changes.
    public static Delta differentiate(Plan plan, Set<Long> changed) {
        return new Differentiator(changed).delta(plan);
    }

    private Delta delta(Plan plan) {
        return switch (plan) {
            case Plan.Scan scan ->
                    changed.contains(scan.relation().oid())
                            ? new Delta.Pending(scan)
                            : new Delta.Nothing(scan.output());
            case Plan.Constant _, Plan.Working _ -> new Delta.Nothing(plan.output());
            case Plan.Filter filter ->
                    linear(filter, it -> new Delta.Filtered(it, filter.predicate()));
            case Plan.Project project ->
                    linear(project, it -> new Delta.Projected(it, project.assignments()));
            case Plan.Expand expand -> linear(expand, it -> new Delta.Expanded(it, expand));
            case Plan.UnionAll union ->
                    sum(
                            union.output(),
                            union.branches().stream().map(branch -> plus(delta(branch))));
            case Plan.Join join -> join(join);
            case Plan.Aggregate aggregate -> rekeyed(aggregate, aggregate.keys());
            case Plan.Distinct distinct -> {
                Plan.Aggregate aggregate = distinct.asAggregate();
                yield rekeyed(aggregate, aggregate.keys());
            }
            case Plan.Window window -> rekeyed(window, window.partition());
            case Plan.Limit limit -> rekeyed(limit, limit.partition());
            case Plan.Stored stored -> stored(stored);
            case Plan.Recursive _ ->
                    throw new IllegalArgumentException("the result of a recursion is stored");
        };
    }

    private Delta linear(Plan plan, UnaryOperator<Delta> rule) {
        Delta input = delta(plan.children().getFirst());
        return input.isNothing() ? new Delta.Nothing(plan.output()) : rule.apply(input);
    }

    private Delta rekeyed(Plan operator, List<Column> keys) {
        return linear(operator, input -> new Delta.Rekeyed(operator, keys, input));
    }

    private Delta stored(Plan.Stored stored) {
        List<Delta> inputs =
                stored.fromInputs()
                        ? stored.operator().children().stream().map(this::delta).toList()
                        : List.of(delta(stored.operator()));
        return inputs.stream().allMatch(Delta::isNothing)
                ? new Delta.Nothing(stored.output())
                : new Delta.Maintained(stored, inputs);
    }

    private Delta join(Plan.Join join) {
        Delta left = delta(join.left());
        Delta right = delta(join.right());
        Stream<Term> terms =
                switch (join.kind()) {
                    case INNER -> pairs(join, left, right);
                    case LEFT ->
                            Stream.concat(
                                    pairs(join, left, right),
                                    padded(join, partners(join, left, right, Partners.NONE)));
                    case FULL ->
                            Stream.of(
                                            pairs(join, left, right),
                                            padded(
                                                    join,
                                                    partners(join, left, right, Partners.NONE)),
                                            padded(
                                                    join,
                                                    partners(
                                                            join.of(join.right(), join.left()),
                                                            right,
                                                            left,
                                                            Partners.NONE)))
                                    .flatMap(it -> it);
                    case SEMI -> partners(join, left, right, Partners.SOME);
                    case ANTI -> partners(join, left, right, Partners.NONE);
                };
        return sum(join.output(), terms);
    }

    private static Stream<Term> padded(Plan.Join join, Stream<Term> terms) {
        return terms.map(
                term -> new Term(term.sign(), new Delta.Padded(term.delta(), join.output())));
    }

    /// The change of the rows of `left` that have some or no partner.
    private static Stream<Term> partners(
            Plan.Join join, Delta left, Delta right, Partners partners) {
        Optional<Delta> rightChange = right.isNothing() ? Optional.empty() : Optional.of(right);
        Stream<Term> kept =
                left.isNothing()
                        ? Stream.empty()
                        : Stream.of(
                                plus(
                                        new Delta.Kept(
                                                left,
                                                join.right(),
                                                rightChange,
                                                join.condition(),
                                                partners)));
        Stream<Term> flipped =
                rightChange.stream()
                        .map(change ->
                                plus(
                                        new Delta.Flipped(
                                                join.left(),
                                                join.right(),
                                                change,
                                                join.condition(),
                                                partners)));
        return Stream.concat(kept, flipped);
    }

    /// The change of the pairs. Where the old state of a side is at hand, the product of both
    /// changes need not be subtracted: `dL ⋈ R_old + L ⋈ dR`.
    private Stream<Term> pairs(Plan.Join join, Delta left, Delta right) {
        Side leftNow = new Side.Now(join.left());
        Side rightNow = new Side.Now(join.right());
        if (left.isNothing() && right.isNothing()) {
            return Stream.empty();
        }
        Side leftChange = new Side.Change(left);
        Side rightChange = new Side.Change(right);
        if (right.isNothing()) {
            return Stream.of(product(join, leftChange, rightNow));
        }
        if (left.isNothing()) {
            return Stream.of(product(join, leftNow, rightChange));
        }
        if (oldIsAtHand(join.right())) {
            return Stream.of(
                    product(join, leftChange, new Side.Before(join.right())),
                    product(join, leftNow, rightChange));
        }
        if (oldIsAtHand(join.left())) {
            return Stream.of(
                    product(join, leftChange, rightNow),
                    product(join, new Side.Before(join.left()), rightChange));
        }
        Side leftPart = new Side.Change(paired(left, join.condition()));
        Side rightPart = new Side.Change(paired(right, join.condition()));
        return Stream.of(
                product(join, leftPart, rightNow),
                product(join, leftNow, rightPart),
                new Term(Sign.MINUS, new Delta.Product(leftPart, rightPart, join.condition())));
    }

    /// The rows of a change that can be part of a pair. Planners see this for themselves, but
    /// expect a change to have been filtered to a row or two, and then look through the whole of
    /// the one for each row of the other.
    private static Delta paired(Delta change, Expr condition) {
        return condition
                .implied(change.columns().stream().map(Column::name).collect(Collectors.toSet()))
                .map(it -> (Delta) new Delta.Filtered(change, it))
                .orElse(change);
    }

    private static Term product(Plan.Join join, Side left, Side right) {
        return plus(new Delta.Product(left, right, join.condition()));
    }

    /// Whether a plan reads nothing that has changed but stored results, so that its old state can
    /// be read.
    private boolean oldIsAtHand(Plan plan) {
        return switch (plan) {
            case Plan.Stored _ -> true;
            case Plan.Scan scan -> !changed.contains(scan.relation().oid());
            case Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _ ->
                    plan.children().stream().allMatch(this::oldIsAtHand);
        };
    }

    private static Term plus(Delta delta) {
        return new Term(Sign.PLUS, delta);
    }

    private static Delta sum(List<Column> columns, Stream<Term> terms) {
        List<Term> present = terms.filter(term -> !term.delta().isNothing()).toList();
        return present.isEmpty() ? new Delta.Nothing(columns) : new Delta.Sum(present, columns);
    }
}
