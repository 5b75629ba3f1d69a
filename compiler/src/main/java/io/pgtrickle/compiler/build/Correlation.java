package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/// Takes the predicates that read the columns of an outer query out of the top of a plan, so that
/// they can become the condition of a join.
final class Correlation {
    private final Set<String> outer;
    private final Depth depth;

    private Correlation(Set<String> outer, Depth depth) {
        this.outer = outer;
        this.depth = depth;
    }

    /// How deep predicates are looked for.
    enum Depth {
        /// Above the operators that work on groups of rows.
        ROWS,
        /// Also below them, where all predicates compare a column of the group with the outer rows:
        /// then the operators work by that column as well, once for all outer rows.
        GROUPS;

        /// How deep is worth it beside these rows: inside a recursion, where they can be read only
        /// once, as deep as can be.
        static Depth beside(Rows rows) {
            return rows.anyPlan(Correlation::readsRecursion) ? GROUPS : ROWS;
        }
    }

    /// A plan without those predicates, and the predicates, over its output and the outer columns.
    /// The plan shows more columns than before where they need them.
    record Lifted(Plan plan, List<Expr> predicates) {
        Expr condition() {
            return predicates.stream().reduce(Expr.always(), Expr::and);
        }
    }

    static Lifted lift(Plan plan, Set<String> outer, Depth depth) {
        return new Correlation(outer, depth).lift(plan);
    }

    /// Whether a plan is part of a recursive term.
    static boolean readsRecursion(Plan plan) {
        return plan.operators().anyMatch(Plan.Working.class::isInstance);
    }

    private Lifted lift(Plan plan) {
        return switch (plan) {
            case Plan.Filter filter -> {
                Lifted input = lift(filter.input());
                yield split(input.plan(), input.predicates(), filter.predicate());
            }
            case Plan.Project project -> lift(project);
            case Plan.Join join when join.kind() == Plan.Join.Kind.INNER -> {
                Lifted left = lift(join.left());
                Lifted right = lift(join.right());
                List<Expr> predicates = new ArrayList<>(left.predicates());
                predicates.addAll(right.predicates());
                Expr kept = Expr.always();
                for (Expr conjunct : join.condition().conjuncts()) {
                    if (readsOuter(conjunct)) {
                        predicates.add(conjunct);
                    } else {
                        kept = Expr.and(kept, conjunct);
                    }
                }
                yield new Lifted(
                        new Plan.Join(join.kind(), left.plan(), right.plan(), kept), predicates);
            }
            case Plan.Join join when join.kind() != Plan.Join.Kind.FULL -> {
                Lifted left = lift(join.left());
                yield new Lifted(join.of(left.plan(), join.right()), left.predicates());
            }
            case Plan.Expand expand when expand.kind() == Plan.Join.Kind.INNER -> {
                Lifted input = lift(expand.input());
                yield new Lifted(expand.over(List.of(input.plan())), input.predicates());
            }
            case Plan.Limit limit when depth == Depth.GROUPS ->
                    grouped(
                            limit,
                            (input, columns) ->
                                    new Plan.Limit(
                                            input,
                                            both(limit.partition(), columns),
                                            limit.order(),
                                            limit.count(),
                                            limit.offset(),
                                            limit.ties()));
            case Plan.Window window when depth == Depth.GROUPS ->
                    grouped(
                            window,
                            (input, columns) ->
                                    new Plan.Window(
                                            input,
                                            both(window.partition(), columns),
                                            window.order(),
                                            window.frame(),
                                            window.calls()));
            case Plan.Distinct distinct when depth == Depth.GROUPS ->
                    grouped(distinct, (input, _) -> new Plan.Distinct(input));
            case Plan.Aggregate aggregate when depth == Depth.GROUPS && !aggregate.global() ->
                    grouped(
                            aggregate,
                            (input, columns) ->
                                    new Plan.Aggregate(
                                            input,
                                            both(aggregate.keys(), columns),
                                            aggregate.calls()));
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Aggregate _,
                    Plan.Distinct _,
                    Plan.Window _,
                    Plan.Limit _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    new Lifted(plan, List.of());
        };
    }

    private static List<Column> both(List<Column> first, List<Column> second) {
        return Stream.concat(first.stream(), second.stream()).distinct().toList();
    }

    /// An operator on groups of rows, made to work by the columns that are compared with the outer
    /// rows.
    private Lifted grouped(Plan operator, BiFunction<Plan, List<Column>, Plan> by) {
        Lifted input = lift(operator.children().getFirst());
        List<Column> columns = new ArrayList<>();
        for (Expr predicate : input.predicates()) {
            Optional<Column> compared = compared(predicate, input.plan());
            if (compared.isEmpty()) {
                return new Lifted(operator, List.of());
            }
            columns.add(compared.get());
        }
        return new Lifted(by.apply(input.plan(), columns), input.predicates());
    }

    /// The column of `plan` that a predicate says is equal to something outside.
    private static Optional<Column> compared(Expr predicate, Plan plan) {
        if (!(predicate instanceof Expr.Template(List<String> texts, List<Expr> sides))
                || !texts.equals(List.of("", " = ", ""))) {
            return Optional.empty();
        }
        List<Column> own =
                plan.output().stream()
                        .filter(it -> predicate.columns().contains(it.name()))
                        .toList();
        return own.stream()
                .filter(it -> own.size() == 1 && sides.contains(new Expr.Ref(it.name())))
                .findFirst();
    }

    private boolean readsOuter(Expr expr) {
        return expr.columns().stream().anyMatch(outer::contains);
    }

    private Lifted split(Plan input, List<Expr> lifted, Expr predicate) {
        List<Expr> predicates = new ArrayList<>(lifted);
        Expr kept = Expr.always();
        for (Expr conjunct : predicate.conjuncts()) {
            if (readsOuter(conjunct)) {
                predicates.add(conjunct);
            } else {
                kept = Expr.and(kept, conjunct);
            }
        }
        return new Lifted(
                kept.equals(Expr.always()) ? input : new Plan.Filter(input, kept), predicates);
    }

    private Lifted lift(Plan.Project project) {
        Lifted input = lift(project.input());
        Map<String, Assignment> all = new LinkedHashMap<>();
        project.assignments().forEach(it -> all.put(it.column().name(), it));
        for (Column column : input.plan().output()) {
            boolean needed =
                    input.predicates().stream()
                            .anyMatch(it -> it.columns().contains(column.name()));
            if (needed) {
                all.putIfAbsent(column.name(), new Assignment(column, new Expr.Ref(column.name())));
            }
        }
        return new Lifted(
                new Plan.Project(input.plan(), List.copyOf(all.values())), input.predicates());
    }
}
