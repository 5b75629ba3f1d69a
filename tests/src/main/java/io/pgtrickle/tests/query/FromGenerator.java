package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.From.Join;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// Random FROM clauses.
final class FromGenerator {
    private static final int CHAIN = 3;

    private final QueryGenerator queries;
    private final Dice dice;

    FromGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// A random number of sources.
    From from(Scope scope) {
        return from(scope, sources(scope.depth()));
    }

    private int sources(int depth) {
        if (dice.chance(0.5)) {
            return 1;
        }
        if (dice.chance(0.65)) {
            return 2;
        }
        return depth > 0 && !queries.all() ? dice.between(3, 6) : dice.between(2, CHAIN);
    }

    From from(Scope scope, int count) {
        From all = source(scope);
        // Chains must not explode.
        double equality = count > 2 ? 1 : 0.7;
        for (int i = 1; i < count; i++) {
            if (queries.all() && dice.chance(0.25)) {
                all = dependent(scope, all);
                continue;
            }
            From next = count > CHAIN ? named(scope) : source(scope);
            if (i + 1 < count && dice.chance(0.2)) {
                next = join(scope, next, named(scope), equality);
                i++;
            }
            all = join(scope, all, next, equality);
        }
        return all;
    }

    private From join(Scope scope, From left, From right, double equality) {
        if (queries.all() && dice.chance(0.12)) {
            return natural(scope);
        }
        Join.Kind kind =
                dice.chance(0.5)
                        ? Join.Kind.INNER
                        : dice.chance(0.8) ? Join.Kind.LEFT : Join.Kind.RIGHT;
        if (queries.all() && dice.chance(0.25)) {
            kind = dice.oneOf(Join.Kind.FULL, Join.Kind.RIGHT);
        }
        if (equality < 1 && dice.chance(0.05)) {
            kind = Join.Kind.CROSS;
        }
        if (queries.all() && kind.hasCondition() && dice.chance(0.25)) {
            Optional<From> using = using(kind, left, right);
            if (using.isPresent()) {
                return using.get();
            }
        }
        List<Expr> both = Stream.concat(left.atoms().stream(), right.atoms().stream()).toList();
        if (kind == Join.Kind.FULL) {
            Expr on = new Expressions(dice, both).equality(left.atoms(), right.atoms());
            return Join.on(kind, left, right, on);
        }
        Expressions expressions =
                dice.chance(0.8)
                        ? new Expressions(dice, both)
                        : queries.expressions(scope.deeper(), both);
        Expr on = expressions.condition(left.atoms(), right.atoms(), equality);
        return Join.on(kind, left, right, on);
    }

    /// A join over the names that both sides have once.
    private Optional<From> using(Join.Kind kind, From left, From right) {
        List<Field> fields = new ArrayList<>();
        for (Expr atom : left.atoms()) {
            Field field = ((Expr.Ref) atom).field();
            if (named(left, field) != 1 || named(right, field) != 1) {
                continue;
            }
            Type other =
                    right.atoms().stream()
                            .map(it -> ((Expr.Ref) it).field())
                            .filter(it -> it.name().equals(field.name()))
                            .findFirst()
                            .orElse(field)
                            .type();
            if (other.family() == field.type().family() && field.type().hasEquality()) {
                // The left one's image, or the right one's: they are only equal.
                fields.add(
                        new Field(field.name(), field.type().with(other), field.exact())
                                .ambiguous());
            }
        }
        return fields.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Join(
                                kind,
                                left,
                                right,
                                Expr.constant("true", Type.BOOL),
                                new Join.Using(
                                        dice.some(fields, Math.min(fields.size(), 2)),
                                        queries.alias())));
    }

    private static long named(From from, Field field) {
        return from.atoms().stream()
                .filter(it -> ((Expr.Ref) it).field().name().equals(field.name()))
                .count();
    }

    /// A natural join of two sub-selects with one or two common names.
    private From natural(Scope scope) {
        From.Named first = named(scope);
        From.Named second = named(scope);
        List<Target> lefts = new ArrayList<>();
        List<Target> rights = new ArrayList<>();
        Set<Expr> used = new HashSet<>();
        for (Expr left : first.atoms()) {
            Optional<Expr> partner =
                    second.atoms().stream()
                            .filter(it ->
                                    it.type().hasEquality()
                                            && it.type().family() == left.type().family()
                                            && !used.contains(it))
                            .findFirst();
            if (lefts.size() < 2 && partner.isPresent()) {
                String name = "j" + queries.number();
                lefts.add(new Target(name, left));
                rights.add(new Target(name, partner.get()));
                used.add(partner.get());
            }
        }
        first.atoms().forEach(it -> lefts.add(new Target("l" + queries.number(), it)));
        second.atoms().forEach(it -> rights.add(new Target("r" + queries.number(), it)));
        Join.Kind kind =
                dice.oneOf(Join.Kind.NATURAL, Join.Kind.NATURAL_LEFT, Join.Kind.NATURAL_FULL);
        return Join.on(
                kind,
                new From.Sub("", Rel.Select.of(lefts, first, Optional.empty()), queries.alias()),
                new From.Sub("", Rel.Select.of(rights, second, Optional.empty()), queries.alias()),
                Expr.constant("true", Type.BOOL));
    }

    /// Something beside a source that depends on its rows.
    private From dependent(Scope scope, From left) {
        Scope inner = scope.deeper().within(left.atoms());
        From right =
                dice.chance(0.45)
                        ? new FunctionGenerator(queries).function(left.atoms())
                        : new From.Sub("LATERAL ", lateral(inner), queries.alias());
        Join.Kind kind = dice.oneOf(Join.Kind.CROSS, Join.Kind.LEFT, Join.Kind.INNER);
        Expr on =
                dice.chance(0.6)
                        ? Expr.constant("true", Type.BOOL)
                        : new Expressions(
                                        dice,
                                        Stream.concat(left.atoms().stream(), right.atoms().stream())
                                                .toList())
                                .condition(left.atoms(), right.atoms(), 0.6);
        return Join.on(kind, left, right, on);
    }

    private Rel lateral(Scope inner) {
        return switch (dice.between(0, 4)) {
            case 0 -> values(inner.outer());
            case 1 -> new OrderGenerator(queries).top(inner);
            case 2 -> queries.groups().rich(inner);
            case 3 -> queries.select(inner);
            default -> queries.query(inner);
        };
    }

    /// Rows made of one row's columns.
    private Rel.Values values(List<Expr> atoms) {
        Expressions expressions = new Expressions(dice, atoms);
        Type type = dice.pick(atoms).type();
        if (type == Type.RECORD) {
            type = Type.INTEGER;
        }
        List<List<Expr>> rows = new ArrayList<>();
        int count = dice.between(1, 3);
        for (int i = 0; i < count; i++) {
            Expr value = expressions.of(type, 1);
            rows.add(
                    List.of(
                            Expr.call("CAST(§ AS " + bare(type) + ")", type, value),
                            Expr.constant("'" + i + "'::integer", Type.INTEGER)));
        }
        return new Rel.Values(rows);
    }

    private static String bare(Type type) {
        return type == Type.CENTS ? "numeric" : type.sql();
    }

    private From source(Scope scope) {
        if (scope.depth() > 0 && dice.chance(queries.all() ? 0.55 : 0.3)) {
            return new From.Sub("", queries.query(scope.deeper()), queries.alias());
        }
        if (queries.all() && dice.chance(0.04)) {
            return new FunctionGenerator(queries).function(List.of());
        }
        return named(scope);
    }

    From.Named named(Scope scope) {
        return new From.Named(dice.pick(scope.relations()), queries.alias());
    }
}
