package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Random queries over exactly the operators that have delta rules.
public final class QueryGenerator {
    private static final List<String> NAMES =
            List.of(
                    "v",
                    "n",
                    "select",
                    "Total",
                    "xid",
                    "weight",
                    "change_id",
                    "c1",
                    "a b",
                    "q\"q",
                    "k",
                    "größe",
                    "order");

    private final Dice dice;
    private int aliases;
    private int tables;

    /// A generator that takes its choices from these dice.
    public QueryGenerator(Dice dice) {
        this.dice = dice;
    }

    /// A query over some of the relations.
    ///
    /// @param depth how deep sub-selects may nest
    public Rel query(List<Relation> relations, int depth) {
        if (depth > 0 && dice.chance(0.1)) {
            Rel definition = body(relations, depth - 1);
            tables++;
            String name = "cte " + tables;
            List<Relation> known = new ArrayList<>(relations);
            // Twice, so that it is often joined with itself.
            known.add(Relation.of(name, definition.fields()));
            known.add(Relation.of(name, definition.fields()));
            return new Rel.With(name, definition, body(known, depth));
        }
        return body(relations, depth);
    }

    private Rel body(List<Relation> relations, int depth) {
        if (dice.chance(0.12)) {
            Rel left = select(relations, Math.max(0, depth - 1));
            Optional<Rel> right = matching(left, relations, Math.max(0, depth - 1));
            if (right.isPresent()) {
                Duplicates duplicates =
                        dice.chance(0.2) && groupable(left) ? Duplicates.REMOVE : Duplicates.KEEP;
                return new Rel.Union(duplicates, left, right.get());
            }
        }
        return select(relations, depth);
    }

    private static boolean groupable(Rel query) {
        return query.fields().stream().allMatch(field -> field.type().hasEquality());
    }

    /// A query with the same column types as another one.
    private Optional<Rel> matching(Rel model, List<Relation> relations, int depth) {
        From from = from(relations, depth, dice.between(1, 2));
        Expressions expressions = new Expressions(dice, from.atoms());
        List<Target> targets = new ArrayList<>();
        for (Field field : model.fields()) {
            Expr value = expressions.of(field.type(), 1);
            // A branch's exact type decides the union's, so it is the same.
            Expr cast =
                    value.type() == field.type()
                            ? value
                            : new Expr.Call(
                                    "CAST(§ AS " + bare(field.type()) + ")",
                                    List.of(value),
                                    field.type(),
                                    value.exact());
            if (value.type().family() == Type.Family.INTEGRAL
                    && value.type().compareTo(field.type()) > 0) {
                cast = Expr.call("CAST(§ % 10 AS " + field.type().sql() + ")", field.type(), value);
            }
            targets.add(new Target(field.name(), cast));
        }
        return Optional.of(
                new Rel.Select(
                        Duplicates.KEEP,
                        targets,
                        from,
                        where(expressions),
                        List.of(),
                        Optional.empty()));
    }

    private static String bare(Type type) {
        return type == Type.CENTS ? "numeric" : type.sql();
    }

    private Optional<Expr> where(Expressions expressions) {
        return dice.chance(0.4) ? Optional.of(expressions.predicate(2)) : Optional.empty();
    }

    private Rel select(List<Relation> relations, int depth) {
        From from = from(relations, depth, sources(depth));
        Expressions expressions = new Expressions(dice, from.atoms());
        Optional<Expr> where = where(expressions);
        if (dice.chance(0.4)) {
            return grouped(from, expressions, where);
        }
        List<Target> targets = new ArrayList<>();
        int count = dice.between(1, 5);
        for (int i = 0; i < count; i++) {
            add(targets, expressions.any(2));
        }
        boolean distinct =
                dice.chance(0.2)
                        && targets.stream().allMatch(it -> it.expression().type().hasEquality());
        return new Rel.Select(
                distinct ? Duplicates.REMOVE : Duplicates.KEEP,
                targets,
                from,
                where,
                List.of(),
                Optional.empty());
    }

    private int sources(int depth) {
        if (dice.chance(0.5)) {
            return 1;
        }
        if (dice.chance(0.65)) {
            return 2;
        }
        return depth > 0 ? dice.between(3, 6) : 2;
    }

    private Rel grouped(From from, Expressions expressions, Optional<Expr> where) {
        List<Expr> keys = keys(from, expressions);
        List<Expr> above = new ArrayList<>();
        for (Expr key : keys) {
            above.add(
                    new Expr.Call(
                            "§",
                            List.of(key),
                            key.type(),
                            key.exact() && key.type().looksEqualWhenEqual()));
        }
        int aggregates = dice.between(keys.isEmpty() ? 1 : 0, 3);
        for (int i = 0; i < aggregates; i++) {
            above.add(expressions.aggregate());
        }
        Expressions over = new Expressions(dice, above);
        List<Target> targets = new ArrayList<>();
        for (Expr value : above) {
            if (dice.chance(0.85)) {
                add(targets, value);
            }
        }
        if (targets.isEmpty() || dice.chance(0.3)) {
            add(targets, keys.isEmpty() ? above.getFirst() : over.any(2));
        }
        if (keys.isEmpty() && targets.stream().noneMatch(it -> it.expression().hasReference())) {
            // Nothing but constants would not be an aggregate.
            add(targets, Expr.constant("count(*)", Type.BIGINT));
        }
        Optional<Expr> having =
                dice.chance(0.3) ? Optional.of(over.predicate(1)) : Optional.empty();
        boolean distinct =
                dice.chance(0.08)
                        && targets.stream().allMatch(it -> it.expression().type().hasEquality());
        return new Rel.Select(
                distinct ? Duplicates.REMOVE : Duplicates.KEEP, targets, from, where, keys, having);
    }

    private List<Expr> keys(From from, Expressions expressions) {
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
        return Stream.generate(() -> expressions.any(1))
                .limit(count * 4L)
                .filter(it -> it.type().hasEquality() && it.hasReference())
                .limit(count)
                .distinct()
                .toList();
    }

    private void add(List<Target> targets, Expr value) {
        String wished =
                value instanceof Expr.Ref(_, Field field) && dice.chance(0.5)
                        ? field.name()
                        : dice.pick(NAMES);
        String name = wished;
        for (int i = 2; taken(targets, name); i++) {
            name = wished + i;
        }
        targets.add(new Target(name, value));
    }

    private static boolean taken(List<Target> targets, String name) {
        return targets.stream().anyMatch(it -> it.name().equals(name));
    }

    private From from(List<Relation> relations, int depth, int count) {
        From all = source(relations, depth);
        // Chains must not explode.
        double equality = count > 2 ? 1 : 0.7;
        for (int i = 1; i < count; i++) {
            From next = count > 3 ? named(relations) : source(relations, depth);
            if (i + 1 < count && dice.chance(0.2)) {
                next = join(next, named(relations), equality);
                i++;
            }
            all = join(all, next, equality);
        }
        return all;
    }

    private From join(From left, From right, double equality) {
        From.Join.Kind kind =
                dice.chance(0.5)
                        ? From.Join.Kind.INNER
                        : dice.chance(0.8) ? From.Join.Kind.LEFT : From.Join.Kind.RIGHT;
        if (equality < 1 && dice.chance(0.05)) {
            kind = From.Join.Kind.CROSS;
        }
        List<Expr> both = Stream.concat(left.atoms().stream(), right.atoms().stream()).toList();
        Expr on = new Expressions(dice, both).condition(left.atoms(), right.atoms(), equality);
        return new From.Join(kind, left, right, on);
    }

    private From source(List<Relation> relations, int depth) {
        if (depth > 0 && dice.chance(0.3)) {
            return new From.Sub(query(relations, depth - 1), alias());
        }
        return named(relations);
    }

    private From named(List<Relation> relations) {
        return new From.Named(dice.pick(relations), alias());
    }

    private String alias() {
        aliases++;
        return dice.chance(0.1) ? "A " + aliases : "r" + aliases;
    }
}
