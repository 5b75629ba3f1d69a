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
        Stream<Plan> inputs =
                plan instanceof Plan.Stored(_, var operator)
                        ? Stream.concat(Stream.of(operator), operator.children().stream())
                        : plan.children().stream();
        return Stream.of(inputs, parts(plan), below(plan)).flatMap(it -> it);
    }

    private static Stream<Plan> below(Plan plan) {
        List<Plan> children = plan.children();
        return IntStream.range(0, children.size())
                .boxed()
                .flatMap(i ->
                        simpler(children.get(i))
                                .map(child -> plan.over(replaced(children, i, child))));
    }

    private static Stream<Plan> parts(Plan plan) {
        return switch (plan) {
            case Plan.Scan _, Plan.Distinct _, Plan.Working _, Plan.Recursive _, Plan.Stored _ ->
                    Stream.empty();
            case Plan.Expand(var input, var kind, var item, var columns, var condition) ->
                    simplerExpr(condition)
                            .map(expr -> new Plan.Expand(input, kind, item, columns, expr));
            case Plan.Window(var input, var partition, var order, var frame, var calls) ->
                    Stream.of(
                                    lessOne(calls)
                                            .map(it ->
                                                    new Plan.Window(
                                                            input, partition, order, frame, it)),
                                    lessOne(partition)
                                            .map(it ->
                                                    new Plan.Window(
                                                            input, it, order, frame, calls)),
                                    lessOne(order)
                                            .map(it ->
                                                    new Plan.Window(
                                                            input, partition, it, frame, calls)))
                            .flatMap(it -> it);
            case Plan.Limit(var input, var partition, var order, var count, var offset, var ties) ->
                    Stream.of(
                                    lessOne(partition)
                                            .map(it ->
                                                    new Plan.Limit(
                                                            input, it, order, count, offset, ties)),
                                    lessOne(order)
                                            .map(it ->
                                                    new Plan.Limit(
                                                            input, partition, it, count, offset,
                                                            ties)),
                                    offset.stream()
                                            .map(_ ->
                                                    new Plan.Limit(
                                                            input,
                                                            partition,
                                                            order,
                                                            count,
                                                            Optional.empty(),
                                                            ties)))
                            .flatMap(it -> it);
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
