package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Turns a plan into the delta of its result.
///
/// Linear operators apply to the delta. A join is bilinear: with `L` and `R` the new states, `(L +
/// 0) ⋈ (R + 0) - (L - dL) ⋈ (R - dR) = dL ⋈ R + L ⋈ dR - dL ⋈ dR`. A left join adds its
/// null-extended rows: with `m` the number of partners, `L·[m = 0] - (L - dL)·[m_old = 0] = L·([m =
/// 0] - [m_old = 0]) + dL·[m_old = 0]`, where the first term is [Delta.Flipped] and the second
/// [Delta.Unmatched]. Grouping recomputes the touched groups. Branches of unchanged relations are
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
            case Plan.Constant constant -> new Delta.Nothing(constant.output());
            case Plan.Filter filter -> {
                Delta input = delta(filter.input());
                yield input.isNothing() ? input : new Delta.Filtered(input, filter.predicate());
            }
            case Plan.Project project -> {
                Delta input = delta(project.input());
                yield input.isNothing()
                        ? new Delta.Nothing(project.output())
                        : new Delta.Projected(input, project.assignments());
            }
            case Plan.UnionAll union ->
                    sum(
                            union.output(),
                            union.branches().stream().map(branch -> plus(delta(branch))));
            case Plan.Join join -> join(join);
            case Plan.Aggregate aggregate -> regrouped(aggregate);
            case Plan.Distinct distinct -> regrouped(distinct.asAggregate());
        };
    }

    private Delta regrouped(Plan.Aggregate aggregate) {
        Delta input = delta(aggregate.input());
        return input.isNothing()
                ? new Delta.Nothing(aggregate.output())
                : new Delta.Regrouped(aggregate, input);
    }

    private Delta join(Plan.Join join) {
        Delta left = delta(join.left());
        Delta right = delta(join.right());
        List<Term> terms = new ArrayList<>(pairs(join, left, right));
        if (join.kind() == Plan.Join.Kind.LEFT) {
            Optional<Delta> rightChange = right.isNothing() ? Optional.empty() : Optional.of(right);
            if (!left.isNothing()) {
                terms.add(
                        plus(
                                new Delta.Unmatched(
                                        left, join.right(), rightChange, join.condition())));
            }
            rightChange.ifPresent(change ->
                    terms.add(
                            plus(
                                    new Delta.Flipped(
                                            join.left(), join.right(), change, join.condition()))));
        }
        return sum(join.output(), terms.stream());
    }

    private static List<Term> pairs(Plan.Join join, Delta left, Delta right) {
        List<Term> terms = new ArrayList<>();
        Side leftNow = new Side.Now(join.left());
        Side rightNow = new Side.Now(join.right());
        if (!left.isNothing()) {
            terms.add(plus(new Delta.Product(new Side.Change(left), rightNow, join.condition())));
        }
        if (!right.isNothing()) {
            terms.add(plus(new Delta.Product(leftNow, new Side.Change(right), join.condition())));
        }
        if (!left.isNothing() && !right.isNothing()) {
            Side leftChange = new Side.Change(left);
            terms.add(
                    new Term(
                            Sign.MINUS,
                            new Delta.Product(
                                    leftChange, new Side.Change(right), join.condition())));
        }
        return terms;
    }

    private static Term plus(Delta delta) {
        return new Term(Sign.PLUS, delta);
    }

    private static Delta sum(List<io.pgtrickle.compiler.plan.Column> columns, Stream<Term> terms) {
        List<Term> present = terms.filter(term -> !term.delta().isNothing()).toList();
        return present.isEmpty() ? new Delta.Nothing(columns) : new Delta.Sum(present, columns);
    }
}
