package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.Delta.Partners;
import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.delta.Delta.Term;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
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
    JOIN_TAKES_NEW_FOR_OLD(
            Faults.in(
                    Delta.Product.class,
                    it ->
                            new Delta.Product(
                                    Faults.now(it.left()),
                                    Faults.now(it.right()),
                                    it.condition()))),
    JOIN_TAKES_OLD_FOR_NEW(
            Faults.in(
                    Delta.Product.class,
                    it ->
                            new Delta.Product(
                                    Faults.before(it.left()),
                                    Faults.before(it.right()),
                                    it.condition()))),
    OUTER_JOIN_FORGETS_THE_PADDED_ROWS(Faults.in(Delta.Padded.class, Faults::nothing)),
    FULL_JOIN_FORGETS_THE_RIGHT_ROWS(
            Faults.in(Delta.Padded.class, Faults::padsBefore, Faults::nothing)),
    ANTI_JOIN_FORGETS_KEPT(Faults.in(Delta.Kept.class, it -> isNone(it), Faults::nothing)),
    SEMI_JOIN_FORGETS_KEPT(Faults.in(Delta.Kept.class, it -> !isNone(it), Faults::nothing)),
    ANTI_JOIN_FORGETS_FLIPPED(Faults.in(Delta.Flipped.class, it -> isNone(it), Faults::nothing)),
    SEMI_JOIN_FORGETS_FLIPPED(Faults.in(Delta.Flipped.class, it -> !isNone(it), Faults::nothing)),
    ANTI_JOIN_TAKES_NEW_PARTNERS_FOR_OLD(
            Faults.in(Delta.Kept.class, it -> isNone(it), it -> withoutRightChange(it))),
    SEMI_JOIN_TAKES_NEW_PARTNERS_FOR_OLD(
            Faults.in(Delta.Kept.class, it -> !isNone(it), it -> withoutRightChange(it))),
    ANTI_JOIN_SUBTRACTS_KEPT(Faults.inValue(Delta.Kept.class, it -> isNone(it), ZSet::negate)),
    SEMI_JOIN_SUBTRACTS_KEPT(Faults.inValue(Delta.Kept.class, it -> !isNone(it), ZSet::negate)),
    ANTI_JOIN_FLIPS_THE_WRONG_WAY(
            Faults.inValue(Delta.Flipped.class, it -> isNone(it), ZSet::negate)),
    SEMI_JOIN_FLIPS_THE_WRONG_WAY(
            Faults.inValue(Delta.Flipped.class, it -> !isNone(it), ZSet::negate)),
    JOIN_FLIPS_A_DUPLICATE_ONCE(Faults.inValue(Delta.Flipped.class, Faults::once)),
    JOIN_KEEPS_WITH_THE_WRONG_PARTNERS(
            Faults.in(
                    Delta.Kept.class,
                    it ->
                            new Delta.Kept(
                                    it.left(),
                                    it.right(),
                                    it.rightChange(),
                                    it.condition(),
                                    Faults.other(it.partners())))),
    JOIN_KEEPS_WITH_PARTNERS_FOR_NULL(
            Faults.in(Delta.Kept.class, it -> Faults.with(it, Faults.nullSafe(it.condition())))),
    JOIN_FLIPS_WITH_PARTNERS_FOR_NULL(
            Faults.in(Delta.Flipped.class, it -> Faults.with(it, Faults.nullSafe(it.condition())))),
    JOIN_KEEPS_WITHOUT_UNKNOWN_PARTNERS(
            Faults.in(Delta.Kept.class, it -> Faults.with(it, Faults.nullBlind(it.condition())))),
    JOIN_FLIPS_WITHOUT_UNKNOWN_PARTNERS(
            Faults.in(
                    Delta.Flipped.class, it -> Faults.with(it, Faults.nullBlind(it.condition())))),
    UNION_ALL_DROPS_A_BRANCH(
            Faults.inTerms(Faults::isUnion, terms -> terms.subList(1, terms.size()))),
    UNION_ALL_SUBTRACTS_A_BRANCH(Faults.inTerms(Faults::isUnion, Faults::lastSubtracted)),
    UNION_ALL_MERGES_EQUAL_ROWS(Faults.inValue(Delta.Sum.class, Faults::isUnion, Faults::once)),
    AGGREGATE_KEEPS_THE_OLD_GROUPS(
            Faults.inValue(Delta.Rekeyed.class, Faults::isGrouping, ZSet::positive)),
    AGGREGATE_TAKES_NEW_GROUPS_FOR_OLD(
            Faults.inValue(Delta.Rekeyed.class, Faults::isGrouping, _ -> ZSet.empty())),
    AGGREGATE_IGNORES_NULL_KEYS(
            Faults.in(Delta.Rekeyed.class, Faults::isGrouping, Faults::withoutNullKeys)),
    AGGREGATE_HAS_NO_ROW_FOR_NO_INPUT((node, bench) ->
            node instanceof Delta.Rekeyed(Plan.Aggregate aggregate, _, _)
                            && aggregate.global()
                            && bench.value(aggregate.input()).isEmpty()
                    ? bench.meaning(
                            bench.value(node).minus(bench.value(aggregate)), aggregate.output())
                    : node),
    AGGREGATE_COUNTS_FILTERED_ROWS(
            Faults.in(Delta.Rekeyed.class, Faults::isGrouping, Faults::withoutFilters)),
    DISTINCT_PASSES_EVERY_COPY(
            Faults.in(Delta.Rekeyed.class, Faults::isDistinct, Delta.Rekeyed::inputChange)),
    DISTINCT_KEEPS_DELETED_ROWS(
            Faults.inValue(Delta.Rekeyed.class, Faults::isDistinct, ZSet::positive)),
    DISTINCT_IGNORES_NULLS(
            Faults.in(Delta.Rekeyed.class, Faults::isDistinct, Faults::withoutNullKeys)),
    EXPAND_FORGETS_DELETES(Faults.inValue(Delta.Expanded.class, ZSet::positive)),
    EXPAND_DROPS_ROWS_THAT_GIVE_NOTHING(
            Faults.in(
                    Delta.Expanded.class,
                    it -> new Delta.Expanded(it.input(), inner(it.operator())))),
    EXPAND_IGNORES_THE_CONDITION(
            Faults.in(
                    Delta.Expanded.class,
                    it -> new Delta.Expanded(it.input(), unconditional(it.operator())))),
    WINDOW_KEEPS_THE_OLD_ROWS(
            Faults.inValue(Delta.Rekeyed.class, Faults::isWindow, ZSet::positive)),
    WINDOW_RECOMPUTES_ONLY_PEERS(
            Faults.in(Delta.Rekeyed.class, Faults::isWindow, Faults::ofPeersOnly)),
    WINDOW_IGNORES_NULL_KEYS(
            Faults.in(Delta.Rekeyed.class, Faults::isWindow, Faults::withoutNullKeys)),
    WINDOW_IGNORES_THE_FRAME(
            Faults.in(Delta.Rekeyed.class, Faults::isWindow, Faults::withoutFrame)),
    LIMIT_KEEPS_THE_OLD_ROWS(Faults.inValue(Delta.Rekeyed.class, Faults::isLimit, ZSet::positive)),
    LIMIT_PASSES_EVERY_ROW(
            Faults.in(Delta.Rekeyed.class, Faults::isLimit, Delta.Rekeyed::inputChange)),
    LIMIT_IGNORES_NULL_KEYS(
            Faults.in(Delta.Rekeyed.class, Faults::isLimit, Faults::withoutNullKeys)),
    LIMIT_CUTS_TIES(Faults.in(Delta.Rekeyed.class, Faults::isLimit, Faults::withoutTies)),
    LIMIT_SKIPS_NOTHING(Faults.in(Delta.Rekeyed.class, Faults::isLimit, Faults::withoutOffset)),
    STATE_SEES_INSERTS_ONLY(Faults.inInputs(ZSet::positive)),
    STATE_SEES_A_DUPLICATE_ONCE(Faults.inInputs(Faults::once)),
    STATE_KEEPS_DEAD_GROUPS(
            Faults.inValue(Delta.Maintained.class, Faults::isStoredGrouping, ZSet::positive)),
    STATE_IS_NOT_CHANGED(
            Faults.in(Delta.Maintained.class, Faults::isStoredGrouping, Faults::nothing)),
    RECURSION_IS_NOT_CHANGED(
            Faults.in(Delta.Maintained.class, Faults::isRecursion, Faults::nothing)),
    RECURSION_KEEPS_WHAT_IS_NOT_DERIVED(
            Faults.inValue(Delta.Maintained.class, Faults::isRecursion, ZSet::positive)),
    RECURSION_FOLLOWS_ITS_BASE_ALONE((node, _) ->
            node instanceof Delta.Maintained(var stored, var inputs)
                            && stored.operator() instanceof Plan.Recursive
                    ? new Delta.Sum(
                            List.of(new Term(Sign.PLUS, inputs.getFirst())), stored.output())
                    : node),
    RECURSION_UNITES_THE_OTHER_WAY(
            Faults.in(Delta.Maintained.class, Faults::isRecursion, Faults::withOtherUnion));

    @SuppressWarnings("ImmutableEnumChecker") // the faults are lambdas without state
    private final Workbench.Fault fault;

    Mutant(Workbench.Fault fault) {
        this.fault = fault;
    }

    /// The wrong rule.
    DeltaRule rule() {
        return Workbench.with(fault);
    }

    private static boolean isNone(Delta.Kept node) {
        return node.partners() == Partners.NONE;
    }

    private static boolean isNone(Delta.Flipped node) {
        return node.partners() == Partners.NONE;
    }

    private static Delta withoutRightChange(Delta.Kept node) {
        return new Delta.Kept(
                node.left(), node.right(), Optional.empty(), node.condition(), node.partners());
    }

    private static Plan.Expand inner(Plan.Expand it) {
        return new Plan.Expand(
                it.input(), Plan.Join.Kind.INNER, it.item(), it.columns(), it.condition());
    }

    private static Plan.Expand unconditional(Plan.Expand it) {
        return new Plan.Expand(it.input(), it.kind(), it.item(), it.columns(), Expr.always());
    }
}
