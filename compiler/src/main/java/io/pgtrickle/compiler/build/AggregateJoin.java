package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/// Joins aggregates of a sub-query's rows to the rows around it.
///
/// What ties the sub-query to those rows becomes the condition of the join: where all of it are
/// equalities, the inner rows are grouped by what is compared, once for all outer rows; otherwise
/// they are grouped for each value of the outer columns, the domain.
///
/// One thread.
final class AggregateJoin {
    private final Rows rows;
    private final Names names;

    AggregateJoin(Rows rows) {
        this.rows = rows;
        this.names = rows.names();
    }

    /// The results of calls over all rows of `inner`.
    Results aggregate(Plan inner, List<AggregateCall> calls) {
        return new Results(aggregates(new Plan.Aggregate(inner, List.of(), calls)));
    }

    /// The values of aggregate calls over the rows, by the names of their results.
    record Results(Map<String, Expr> values) {
        Expr get(AggregateCall call) {
            return Objects.requireNonNull(values.get(call.result().name()));
        }
    }

    /// Joins an aggregate without keys over rows that may depend on the outer rows, and gives each
    /// result as an expression over them.
    Map<String, Expr> aggregates(Plan.Aggregate aggregate) {
        Plan inner = aggregate.input();
        Set<String> free = new LinkedHashSet<>(Free.of(inner, rows.plan().output()));
        aggregate.calls().stream()
                .flatMap(call -> call.columns().stream())
                .filter(rows.plan().outputNames()::contains)
                .forEach(free::add);
        if (free.isEmpty()) {
            rows.change(
                    plan -> new Plan.Join(Plan.Join.Kind.INNER, plan, aggregate, Expr.always()));
            Map<String, Expr> values = new LinkedHashMap<>();
            aggregate
                    .calls()
                    .forEach(call ->
                            values.put(call.result().name(), new Expr.Ref(call.result().name())));
            return values;
        }
        Correlation.Lifted lifted = Correlation.lift(inner, free, Correlation.Depth.beside(rows));
        boolean closed =
                Free.of(
                                new Plan.Aggregate(lifted.plan(), List.of(), aggregate.calls()),
                                rows.plan().output())
                        .isEmpty();
        Optional<Equated> equated = closed ? equated(lifted) : Optional.empty();
        if (equated.isPresent()) {
            return joined(
                    new Plan.Aggregate(
                            equated.get().plan(), equated.get().keys(), aggregate.calls()),
                    equated.get().condition());
        }
        if (closed) {
            Unnesting.Unnested domain = Unnesting.domain(rows.plan(), free, names);
            Expr condition =
                    lifted.condition()
                            .replace(name ->
                                    domain.domain().containsKey(name)
                                            ? domain.domain().get(name).name()
                                            : name);
            Plan pairs =
                    new Plan.Join(Plan.Join.Kind.INNER, domain.plan(), lifted.plan(), condition);
            return joined(
                    new Plan.Aggregate(
                            pairs, List.copyOf(domain.domain().values()), aggregate.calls()),
                    domain.condition());
        }
        Unnesting.Unnested unnested = Unnesting.unnest(rows.plan(), inner, free, names);
        Map<String, String> bound = new HashMap<>();
        unnested.domain().forEach((name, column) -> bound.put(name, column.name()));
        List<AggregateCall> calls =
                aggregate.calls().stream()
                        .map(call ->
                                new AggregateCall(
                                        call.result(),
                                        call.function(),
                                        call.argument(),
                                        call.filter(),
                                        call.text()
                                                .map(it ->
                                                        it.replace(name ->
                                                                bound.getOrDefault(name, name)))))
                        .toList();
        return joined(
                new Plan.Aggregate(unnested.plan(), List.copyOf(unnested.domain().values()), calls),
                unnested.condition());
    }

    private Map<String, Expr> joined(Plan.Aggregate aggregate, Expr condition) {
        EmptyGroups groups = EmptyGroups.of(aggregate, names);
        rows.change(
                plan -> new Plan.Join(Plan.Join.Kind.LEFT, plan, groups.aggregate(), condition));
        return groups.values();
    }

    /// Inner rows grouped by what the outer rows are compared with.
    private record Equated(Plan plan, List<Column> keys, Expr condition) {}

    /// Whether all predicates that tie inner to outer rows are equalities of an inner and an outer
    /// expression: then the inner rows are grouped once for all outer rows.
    private Optional<Equated> equated(Correlation.Lifted lifted) {
        Rows inner = rows.with(lifted.plan());
        List<Column> keys = new ArrayList<>();
        Expr condition = Expr.always();
        for (Expr predicate : lifted.predicates()) {
            if (!(predicate instanceof Expr.Template(List<String> texts, List<Expr> sides))
                    || !texts.equals(List.of("", " = ", ""))) {
                return Optional.empty();
            }
            boolean first = of(sides.get(0), lifted.plan());
            Expr own = sides.get(first ? 0 : 1);
            Expr outer = sides.get(first ? 1 : 0);
            if (!of(own, lifted.plan())
                    || outer.columns().stream()
                            .anyMatch(name -> lifted.plan().outputNames().contains(name))) {
                return Optional.empty();
            }
            Column key = inner.column(own, "key");
            if (!keys.contains(key)) {
                if (key.type().equality() == TypeFacts.Equality.ABSENT
                        && !key.type().equals(TypeFacts.UNKNOWN)) {
                    return Optional.empty();
                }
                keys.add(key);
            }
            Expr compared =
                    rows.reference(outer).isPresent()
                            ? outer
                            : new Expr.Ref(rows.column(outer, "outer").name());
            condition = Expr.and(condition, Expr.binary(compared, "=", new Expr.Ref(key.name())));
        }
        return Optional.of(new Equated(inner.plan(), keys, condition));
    }

    private static boolean of(Expr expr, Plan plan) {
        return !expr.columns().isEmpty() && plan.outputNames().containsAll(expr.columns());
    }
}
