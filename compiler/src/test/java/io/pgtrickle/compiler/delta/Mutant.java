package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Expr;
import java.util.Optional;

/// Wrong delta rules: mistakes that are easily made, one each.
enum Mutant {
    SCAN_FORGETS_DELETES(Faults.inValue(Delta.Pending.class, ZSet::positive)),
    SCAN_SEES_A_DUPLICATE_ONCE(Faults.inValue(Delta.Pending.class, Faults::once)),
    SCAN_HAS_THE_OPPOSITE_SIGN(Faults.inValue(Delta.Pending.class, ZSet::negate)),
    FILTER_LETS_EVERYTHING_PASS(Faults.in(Delta.Filtered.class, Delta.Filtered::input)),
    FILTER_LETS_UNKNOWN_PASS(
            Faults.in(
                    Delta.Filtered.class,
                    it -> new Delta.Filtered(it.input(), Faults.notFalse(it.predicate())))),
    FILTER_FORGETS_DELETES(Faults.inValue(Delta.Filtered.class, ZSet::positive)),
    PROJECT_SEES_A_DUPLICATE_ONCE(Faults.inValue(Delta.Projected.class, Faults::once)),
    PROJECT_LOSES_THE_FIRST_COLUMN(
            Faults.in(
                    Delta.Projected.class,
                    it -> new Delta.Projected(it.input(), Faults.firstIsNull(it)))),
    INNER_JOIN_DROPS_THE_COMMON_CHANGE(
            Faults.inTerms(
                    Faults::isInner,
                    terms -> terms.stream().filter(it -> it.sign() == Sign.PLUS).toList())),
    INNER_JOIN_ADDS_THE_COMMON_CHANGE(
            Faults.inTerms(
                    Faults::isInner,
                    terms -> terms.stream().map(it -> new Term(Sign.PLUS, it.delta())).toList())),
    INNER_JOIN_DROPS_THE_FIRST_TERM(
            Faults.inTerms(Faults::isInner, terms -> terms.subList(1, terms.size()))),
    INNER_JOIN_IGNORES_THE_CONDITION(
            Faults.in(
                    Delta.Product.class,
                    it -> new Delta.Product(it.left(), it.right(), Expr.always()))),
    INNER_JOIN_MATCHES_NULL_KEYS(
            Faults.in(
                    Delta.Product.class,
                    it ->
                            new Delta.Product(
                                    it.left(), it.right(), Faults.nullSafe(it.condition())))),
    LEFT_JOIN_FORGETS_UNMATCHED(Faults.in(Delta.Unmatched.class, Faults::nothing)),
    LEFT_JOIN_FORGETS_FLIPPED(Faults.in(Delta.Flipped.class, Faults::nothing)),
    LEFT_JOIN_TAKES_NEW_PARTNERS_FOR_OLD(
            Faults.in(
                    Delta.Unmatched.class,
                    it ->
                            new Delta.Unmatched(
                                    it.left(), it.right(), Optional.empty(), it.condition()))),
    LEFT_JOIN_SUBTRACTS_UNMATCHED(Faults.inValue(Delta.Unmatched.class, ZSet::negate)),
    LEFT_JOIN_FLIPS_THE_WRONG_WAY(Faults.inValue(Delta.Flipped.class, ZSet::negate)),
    LEFT_JOIN_FLIPS_A_DUPLICATE_ONCE(Faults.inValue(Delta.Flipped.class, Faults::once)),
    LEFT_JOIN_FINDS_PARTNERS_FOR_NULL(
            Faults.in(
                    Delta.Unmatched.class,
                    it ->
                            new Delta.Unmatched(
                                    it.left(),
                                    it.right(),
                                    it.rightChange(),
                                    Faults.nullSafe(it.condition())))),
    UNION_ALL_DROPS_A_BRANCH(
            Faults.inTerms(Faults::isUnion, terms -> terms.subList(1, terms.size()))),
    UNION_ALL_SUBTRACTS_A_BRANCH(Faults.inTerms(Faults::isUnion, Faults::lastSubtracted)),
    UNION_ALL_MERGES_EQUAL_ROWS(Faults.inValue(Delta.Sum.class, Faults::isUnion, Faults::once)),
    AGGREGATE_KEEPS_THE_OLD_GROUPS(
            Faults.inValue(Delta.Regrouped.class, Faults::isGrouping, ZSet::positive)),
    AGGREGATE_TAKES_NEW_GROUPS_FOR_OLD(
            Faults.inValue(Delta.Regrouped.class, Faults::isGrouping, _ -> ZSet.empty())),
    AGGREGATE_IGNORES_NULL_KEYS(
            Faults.in(Delta.Regrouped.class, Faults::isGrouping, Faults::withoutNullKeys)),
    AGGREGATE_HAS_NO_ROW_FOR_NO_INPUT((node, bench) ->
            node instanceof Delta.Regrouped(var aggregate, _)
                            && aggregate.global()
                            && bench.value(aggregate.input()).isEmpty()
                    ? bench.meaning(
                            bench.value(node).minus(bench.value(aggregate)), aggregate.output())
                    : node),
    AGGREGATE_COUNTS_FILTERED_ROWS(
            Faults.in(Delta.Regrouped.class, Faults::isGrouping, Faults::withoutFilters)),
    DISTINCT_PASSES_EVERY_COPY(
            Faults.in(
                    Delta.Regrouped.class,
                    it -> !Faults.isGrouping(it),
                    Delta.Regrouped::inputChange)),
    DISTINCT_KEEPS_DELETED_ROWS(
            Faults.inValue(Delta.Regrouped.class, it -> !Faults.isGrouping(it), ZSet::positive)),
    DISTINCT_IGNORES_NULLS(
            Faults.in(
                    Delta.Regrouped.class, it -> !Faults.isGrouping(it), Faults::withoutNullKeys));

    @SuppressWarnings("ImmutableEnumChecker") // the faults are lambdas without state
    private final Workbench.Fault fault;

    Mutant(Workbench.Fault fault) {
        this.fault = fault;
    }

    /// The wrong rule.
    DeltaRule rule() {
        return Workbench.with(fault);
    }
}
