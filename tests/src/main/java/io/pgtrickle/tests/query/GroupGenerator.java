package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Grouping;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Random grouped queries.
final class GroupGenerator {
    private final QueryGenerator queries;
    private final Dice dice;

    GroupGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// A grouped query with common aggregates.
    Rel.Select grouped(Scope scope, From from, Expressions expressions, Optional<Expr> where) {
        Aggregates aggregates = new Aggregates(dice, expressions);
        List<Expr> keys = keys(from, expressions);
        List<Expr> above = above(keys);
        int count = dice.between(keys.isEmpty() ? 1 : 0, 3);
        for (int i = 0; i < count; i++) {
            above.add(queries.all() && dice.chance(0.3) ? aggregates.any() : aggregates.common());
        }
        return finished(scope, from, where, Grouping.by(keys), above);
    }

    /// A grouped query with any aggregates.
    Rel.Select rich(Scope scope) {
        From from = queries.froms().from(scope);
        Expressions expressions = queries.expressions(scope, from.atoms());
        Aggregates aggregates = new Aggregates(dice, expressions);
        List<Expr> keys = keys(from, expressions);
        List<Expr> above = above(keys);
        int count = dice.between(1, 4);
        for (int i = 0; i < count; i++) {
            above.add(aggregates.any());
        }
        return finished(scope, from, queries.where(scope, expressions), Grouping.by(keys), above);
    }

    /// GROUPING SETS, ROLLUP or CUBE.
    Rel.Select sets(Scope scope) {
        From from = queries.froms().from(scope);
        Expressions expressions = queries.expressions(scope, from.atoms());
        Aggregates aggregates = new Aggregates(dice, expressions);
        List<Expr> keys = new ArrayList<>(keys(from, expressions));
        if (keys.isEmpty()) {
            expressions.atoms().stream()
                    .filter(it -> it.type().hasEquality())
                    .findFirst()
                    .ifPresent(keys::add);
        }
        List<Expr> above = above(keys);
        if (!keys.isEmpty()) {
            String holes = keys.stream().map(_ -> "§").collect(Collectors.joining(", "));
            above.add(
                    Expr.of(
                            "GROUPING(" + holes + ")",
                            Type.INTEGER,
                            true,
                            keys,
                            "aggregate grouping"));
        }
        int count = dice.between(1, 3);
        for (int i = 0; i < count; i++) {
            above.add(dice.chance(0.3) ? aggregates.any() : aggregates.common());
        }
        Optional<Expr> where = queries.where(scope, expressions);
        return finished(scope, from, where, sets(keys), above);
    }

    private Grouping sets(List<Expr> keys) {
        if (keys.isEmpty()) {
            return new Grouping(dice.oneOf("()", "GROUPING SETS ((), ())"), List.of());
        }
        if (keys.size() == 1) {
            return dice.oneOf(
                    new Grouping("GROUPING SETS ((§), ())", keys),
                    new Grouping("ROLLUP (§)", keys),
                    new Grouping(
                            "GROUPING SETS ((§), (§), ())",
                            List.of(keys.getFirst(), keys.getFirst())));
        }
        Expr a = keys.get(0);
        Expr b = keys.get(1);
        return dice.oneOf(
                new Grouping("ROLLUP (§, §)", List.of(a, b)),
                new Grouping("CUBE (§, §)", List.of(a, b)),
                new Grouping("GROUPING SETS ((§, §), (§), ())", List.of(a, b, b)),
                new Grouping("GROUPING SETS ((§), (§))", List.of(a, b)),
                new Grouping("§, ROLLUP (§)", List.of(a, b)),
                new Grouping("DISTINCT ROLLUP (§, §), CUBE (§)", List.of(a, b, a)));
    }

    /// An aggregate over a query with window functions.
    Rel.Select overWindows(Scope scope) {
        From.Sub from =
                new From.Sub(
                        "", new WindowGenerator(queries).windowed(scope.deeper()), queries.alias());
        Expressions expressions = queries.expressions(scope, from.atoms());
        return grouped(scope, from, expressions, queries.where(scope, expressions));
    }

    /// The keys as columns above the grouping.
    static List<Expr> above(List<Expr> keys) {
        return keys.stream()
                .map(key ->
                        Expr.of(
                                "§",
                                key.type(),
                                key.exact() && key.type().looksEqualWhenEqual(),
                                List.of(key),
                                ""))
                .collect(Collectors.toCollection(ArrayList::new));
    }

    private Rel.Select finished(
            Scope scope, From from, Optional<Expr> where, Grouping grouping, List<Expr> above) {
        Expressions over = over(scope, above);
        boolean keyless = grouping.template().isEmpty();
        List<Target> targets = new ArrayList<>();
        for (Expr value : above) {
            if (dice.chance(0.85)) {
                queries.add(targets, value);
            }
        }
        if (targets.isEmpty() || dice.chance(0.3)) {
            queries.add(targets, keyless ? above.getFirst() : over.any(2));
        }
        if (keyless && targets.stream().noneMatch(it -> it.expression().aggregated())) {
            // Nothing but constants would not be an aggregate.
            queries.add(
                    targets, Expr.of("count(*)", Type.BIGINT, true, List.of(), "aggregate count"));
        }
        Optional<Expr> having =
                dice.chance(0.3) ? Optional.of(over.predicate(1)) : Optional.empty();
        boolean distinct =
                dice.chance(0.08)
                        && targets.stream().allMatch(it -> it.expression().type().hasEquality());
        return new Rel.Select(
                distinct ? Duplicates.REMOVE : Duplicates.KEEP,
                targets,
                from,
                where,
                grouping,
                having,
                List.of());
    }

    /// Expressions above a grouping; sub-queries can name its keys that are columns.
    private Expressions over(Scope scope, List<Expr> above) {
        return queries.expressions(scope, above);
    }

    List<Expr> keys(From from, Expressions expressions) {
        if (from instanceof From.Named(Relation relation, _)
                && !relation.key().isEmpty()
                && dice.chance(0.1)) {
            return from.atoms().stream()
                    .filter(it ->
                            it instanceof Expr.Ref ref
                                    && relation.key().contains(ref.field().name()))
                    .toList();
        }
        int count = dice.chance(0.2) ? 0 : dice.between(1, 2);
        Expressions plain = expressions.plain();
        return Stream.generate(() -> plain.any(1))
                .limit(count * 4L)
                .filter(it -> it.type().hasEquality() && it.hasReference())
                .limit(count)
                .distinct()
                .toList();
    }
}
