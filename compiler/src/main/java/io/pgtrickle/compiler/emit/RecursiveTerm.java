package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/// What a recursive term does with the rows of the previous round.
final class RecursiveTerm {
    private final Plan.Recursive recursive;

    private RecursiveTerm(Plan.Recursive recursive) {
        this.recursive = recursive;
    }

    /// Whether the rows that the term makes are the sum of those that it makes of each single row
    /// of the previous round. Nothing is asked of the relations beside it: groupings, windows or
    /// anti joins over these alone are a part of what it does with each row.
    static boolean isLinear(Plan.Recursive recursive) {
        return new RecursiveTerm(recursive).linear(recursive.step());
    }

    private boolean linear(Plan plan) {
        return switch (plan) {
            case Plan.Working working -> working.number() == recursive.number();
            case Plan.Filter _, Plan.Project _, Plan.Expand _ -> linear(plan.children().getFirst());
            case Plan.UnionAll union ->
                    union.branches().size() == 1 && linear(union.branches().getFirst());
            case Plan.Join join ->
                    switch (join.kind()) {
                        case INNER ->
                                apart(join.right())
                                        ? linear(join.left())
                                        : apart(join.left()) && linear(join.right());
                        case LEFT, SEMI, ANTI -> apart(join.right()) && linear(join.left());
                        case FULL -> false;
                    };
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Stored _ ->
                    false;
        };
    }

    private boolean apart(Plan plan) {
        return !reads(plan, recursive.number());
    }

    /// Whether a plan reads the rows of the previous round of a recursion.
    static boolean reads(Plan plan, int recursion) {
        return plan.operators()
                .anyMatch(
                        it -> it instanceof Plan.Working working && working.number() == recursion);
    }

    /// The changes in the change of a term that do not depend on the rows of the previous round,
    /// the outermost ones.
    static Stream<Delta> apart(Delta delta, int recursion) {
        boolean depends =
                delta.all().flatMap(RecursiveTerm::plans).anyMatch(it -> reads(it, recursion));
        return depends
                ? delta.inputs().stream().flatMap(it -> apart(it, recursion))
                : Stream.of(delta);
    }

    /// The plans whose rows a change reads beside the changes that it is made from.
    private static Stream<Plan> plans(Delta delta) {
        return switch (delta) {
            case Delta.Product product ->
                    Stream.of(product.left(), product.right())
                            .flatMap(side ->
                                    switch (side) {
                                        case Delta.Side.Change _ -> Stream.empty();
                                        case Delta.Side.Now(Plan plan) -> Stream.of(plan);
                                        case Delta.Side.Before(Plan plan) -> Stream.of(plan);
                                    });
            case Delta.Kept kept -> Stream.of(kept.right());
            case Delta.Flipped flipped -> Stream.of(flipped.left(), flipped.right());
            case Delta.Rekeyed rekeyed -> Stream.of(rekeyed.operator());
            case Delta.Nothing _,
                    Delta.Pending _,
                    Delta.Filtered _,
                    Delta.Projected _,
                    Delta.Expanded _,
                    Delta.Padded _,
                    Delta.Sum _,
                    Delta.Maintained _ ->
                    Stream.empty();
        };
    }

    /// For each join of the term, the columns of the recursion that it equates with another column,
    /// and behind them those that the term hands on.
    static List<List<Column>> lookups(Plan.Recursive recursive) {
        RecursiveTerm term = new RecursiveTerm(recursive);
        Map<String, Integer> handedOn = term.origins(recursive.step());
        Set<List<Column>> lookups = new LinkedHashSet<>();
        recursive
                .step()
                .operators()
                .filter(it -> reads(it, recursive.number()))
                .forEach(it -> {
                    Set<Integer> equated = term.equated(it);
                    if (!equated.isEmpty()) {
                        List<Integer> positions = new ArrayList<>(equated);
                        recursive.step().output().stream()
                                .flatMap(column -> Stream.ofNullable(handedOn.get(column.name())))
                                .filter(position -> !equated.contains(position))
                                .distinct()
                                .forEach(positions::add);
                        lookups.add(positions.stream().map(recursive.output()::get).toList());
                    }
                });
        return List.copyOf(lookups);
    }

    private Set<Integer> equated(Plan plan) {
        Map<String, Integer> origins = origins(plan);
        Set<Integer> positions = new LinkedHashSet<>();
        Expr condition =
                switch (plan) {
                    case Plan.Join join -> join.condition();
                    case Plan.Filter filter -> filter.predicate();
                    case Plan.Scan _,
                            Plan.Constant _,
                            Plan.Project _,
                            Plan.UnionAll _,
                            Plan.Expand _,
                            Plan.Aggregate _,
                            Plan.Distinct _,
                            Plan.Window _,
                            Plan.Limit _,
                            Plan.Recursive _,
                            Plan.Working _,
                            Plan.Stored _ ->
                            Expr.always();
                };
        for (Expr conjunct : condition.conjuncts()) {
            List<Integer> known =
                    conjunct.equated().stream()
                            .flatMap(List::stream)
                            .flatMap(column -> Stream.ofNullable(origins.get(column)))
                            .toList();
            if (known.size() == 1) {
                positions.add(known.getFirst());
            }
        }
        return positions;
    }

    /// The columns of a plan that are columns of the recursion, with their positions there.
    private Map<String, Integer> origins(Plan plan) {
        Map<String, Integer> origins = new LinkedHashMap<>();
        switch (plan) {
            case Plan.Working working when working.number() == recursive.number() -> {
                for (int i = 0; i < working.output().size(); i++) {
                    origins.put(working.output().get(i).name(), working.positions().get(i));
                }
            }
            case Plan.Project project -> {
                Map<String, Integer> below = origins(project.input());
                for (Plan.Assignment assignment : project.assignments()) {
                    if (assignment.expression() instanceof Expr.Ref(String column)
                            && below.containsKey(column)) {
                        origins.put(assignment.column().name(), below.get(column));
                    }
                }
            }
            case Plan.Filter _, Plan.Expand _, Plan.Join _ ->
                    plan.children().forEach(child -> origins.putAll(origins(child)));
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.UnionAll _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ -> {}
        }
        return origins;
    }
}
