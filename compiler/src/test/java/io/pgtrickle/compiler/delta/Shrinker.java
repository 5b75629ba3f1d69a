package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.model.Row;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Makes a failing case smaller as long as it still fails: operators are replaced by their inputs,
/// rows dropped.
final class Shrinker {
    private Shrinker() {}

    /// The smallest case found; no single step makes it smaller.
    static LawCase shrink(LawCase failing, Predicate<LawCase> fails) {
        LawCase smallest = failing;
        Optional<LawCase> smaller = Optional.of(failing);
        while (smaller.isPresent()) {
            smallest = smaller.get();
            smaller = candidates(smallest).filter(fails).findFirst();
        }
        return smallest;
    }

    private static Stream<LawCase> candidates(LawCase it) {
        Stream<LawCase> plans =
                simpler(it.plan())
                        .filter(WellFormed::isWellFormed)
                        .map(plan -> new LawCase(plan, it.states()));
        Stream<LawCase> rows = it.state(0).keySet().stream().flatMap(oid -> fewerRows(it, oid));
        return Stream.concat(plans, rows);
    }

    /// Plans with one operator or one part of an operator less.
    private static Stream<Plan> simpler(Plan plan) {
        return Stream.of(plan.children().stream(), parts(plan), below(plan)).flatMap(it -> it);
    }

    private static Stream<Plan> below(Plan plan) {
        List<Plan> children = plan.children();
        return IntStream.range(0, children.size())
                .boxed()
                .flatMap(i ->
                        simpler(children.get(i))
                                .map(child -> with(plan, replaced(children, i, child))));
    }

    private static Stream<Plan> parts(Plan plan) {
        return switch (plan) {
            case Plan.Scan _, Plan.Distinct _ -> Stream.empty();
            case Plan.Constant(var assignments) -> lessOne(assignments).map(Plan.Constant::new);
            case Plan.Filter(var input, var predicate) ->
                    simplerExpr(predicate).map(expr -> new Plan.Filter(input, expr));
            case Plan.Project(var input, var assignments) ->
                    lessOne(assignments).map(fewer -> new Plan.Project(input, fewer));
            case Plan.UnionAll(var branches, var output) ->
                    branches.size() == 1
                            ? Stream.empty()
                            : lessOne(branches).map(fewer -> new Plan.UnionAll(fewer, output));
            case Plan.Join(var kind, var left, var right, var condition) ->
                    simplerExpr(condition).map(expr -> new Plan.Join(kind, left, right, expr));
            case Plan.Aggregate(var input, var keys, var calls) ->
                    Stream.concat(
                            lessOne(calls).map(fewer -> new Plan.Aggregate(input, keys, fewer)),
                            lessOne(keys).map(fewer -> new Plan.Aggregate(input, fewer, calls)));
        };
    }

    private static Stream<Expr> simplerExpr(Expr expr) {
        Stream<Expr> truth = expr.equals(Expr.always()) ? Stream.empty() : Stream.of(Expr.always());
        boolean junction =
                expr instanceof Expr.Template(var texts, _)
                        && (texts.contains(" AND ")
                                || texts.contains(" OR ")
                                || texts.contains("NOT "));
        return junction && expr instanceof Expr.Template(_, var arguments)
                ? Stream.concat(truth, arguments.stream())
                : truth;
    }

    private static Plan with(Plan plan, List<Plan> children) {
        return switch (plan) {
            case Plan.Scan _, Plan.Constant _ -> plan;
            case Plan.Filter(_, var predicate) -> new Plan.Filter(children.getFirst(), predicate);
            case Plan.Project(_, var assignments) ->
                    new Plan.Project(children.getFirst(), assignments);
            case Plan.UnionAll(_, var output) -> new Plan.UnionAll(children, output);
            case Plan.Join(var kind, _, _, var condition) ->
                    new Plan.Join(kind, children.getFirst(), children.getLast(), condition);
            case Plan.Aggregate(_, var keys, var calls) ->
                    new Plan.Aggregate(children.getFirst(), keys, calls);
            case Plan.Distinct _ -> new Plan.Distinct(children.getFirst());
        };
    }

    /// One copy of a row dropped from all states, or from one.
    private static Stream<LawCase> fewerRows(LawCase it, long oid) {
        Stream<Row> rows =
                it.states().stream()
                        .flatMap(state ->
                                state.getOrDefault(oid, ZSet.empty()).weights().keySet().stream())
                        .distinct();
        return rows.flatMap(row ->
                Stream.of(List.of(0, 1, 2), List.of(0), List.of(1), List.of(2))
                        .map(which -> new LawCase(it.plan(), without(it.states(), which, oid, row)))
                        .filter(smaller -> !smaller.equals(it)));
    }

    private static List<Map<Long, ZSet>> without(
            List<Map<Long, ZSet>> states, List<Integer> which, long oid, Row row) {
        List<Map<Long, ZSet>> fewer = new ArrayList<>();
        for (int i = 0; i < states.size(); i++) {
            Map<Long, ZSet> state = new TreeMap<>(states.get(i));
            if (which.contains(i)) {
                state.computeIfPresent(
                        oid, (_, rows) -> rows.weight(row) > 0 ? rows.minus(ZSet.of(row)) : rows);
            }
            fewer.add(state);
        }
        return fewer;
    }

    private static <T> Stream<List<T>> lessOne(List<T> list) {
        return IntStream.range(0, list.size())
                .mapToObj(i -> {
                    List<T> fewer = new ArrayList<>(list);
                    fewer.remove(i);
                    return fewer;
                });
    }

    private static <T> List<T> replaced(List<T> list, int index, T element) {
        List<T> changed = new ArrayList<>(list);
        changed.set(index, element);
        return changed;
    }
}
