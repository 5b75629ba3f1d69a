package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Grouping;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Random sub-queries in expressions, correlated with the columns around them or not, and
/// expressions of rarer types.
final class SubqueryGenerator implements Expressions.Extras {
    private final QueryGenerator queries;
    private final Dice dice;
    private final Scope scope;

    SubqueryGenerator(QueryGenerator queries, Scope scope) {
        this.queries = queries;
        this.dice = queries.dice();
        this.scope = scope;
    }

    @Override
    public Optional<Expr> value(Expressions around, Type type) {
        boolean condition = type == Type.BOOL;
        if (!dice.chance(condition ? 0.3 : 0.06)) {
            return Optional.empty();
        }
        if (dice.chance(0.3)) {
            return new TypedExpressions(dice, around).of(type);
        }
        if (!queries.spend()) {
            return Optional.empty();
        }
        return condition ? Optional.of(predicate(around)) : Optional.of(scalar(around, type));
    }

    @Override
    public Optional<Expr> any(Expressions around) {
        if (dice.chance(0.15)) {
            return Optional.of(new TypedExpressions(dice, around).any());
        }
        return dice.chance(0.07) && queries.spend()
                ? Optional.of(
                        scalar(
                                around,
                                dice.oneOf(Type.BIGINT, Type.TEXT, Type.NUMERIC, Type.ARRAY)))
                : Optional.empty();
    }

    private Scope inner(Expressions around) {
        List<Expr> outer = Expr.references(around.atoms().stream());
        Scope below = new Scope(scope.relations(), List.of(), Math.max(0, scope.depth() - 1));
        return dice.chance(0.65) ? below.within(outer) : below;
    }

    private Expr predicate(Expressions around) {
        List<Expr> comparable =
                around.atoms().stream().filter(it -> it.type().hasEquality()).toList();
        if (comparable.isEmpty() || dice.chance(0.3)) {
            return exists(around);
        }
        Expr left = dice.pick(comparable);
        return switch (dice.between(0, 6)) {
            case 0, 1 -> in(around, left);
            case 2 -> rows(around, comparable);
            case 3, 4 -> quantified(around, left);
            default -> compared(around, left);
        };
    }

    private Expr exists(Expressions around) {
        String form = dice.oneOf("EXISTS (§)", "(NOT EXISTS (§))");
        Scope inner = inner(around);
        Rel query = dice.chance(0.7) ? queries.select(inner) : queries.query(inner);
        return Expr.of(form, Type.BOOL, true, List.of(query), "exists");
    }

    private Expr in(Expressions around, Expr left) {
        String form = dice.oneOf("(§ IN (§))", "(§ NOT IN (§))");
        Rel column = column(inner(around), left.type());
        return Expr.of(
                form,
                Type.BOOL,
                true,
                List.of(left, column),
                form.contains("NOT") ? "not in" : "in");
    }

    /// Several columns at once.
    private Expr rows(Expressions around, List<Expr> comparable) {
        Expr first = dice.pick(comparable);
        Expr second = dice.pick(comparable);
        Scope inner = inner(around);
        From from = queries.froms().from(inner, 1);
        Expressions expressions = queries.expressions(inner, from.atoms());
        Rel query =
                Rel.Select.of(
                        List.of(
                                new Target("a", expressions.of(first.type(), 1)),
                                new Target("b", expressions.of(second.type(), 1))),
                        from,
                        queries.where(inner, expressions));
        String form = dice.oneOf("((§, §) IN (§))", "((§, §) NOT IN (§))", "((§, §) = ANY (§))");
        return Expr.of(
                form, Type.BOOL, true, List.of(first, second, query), "in of several columns");
    }

    private Expr quantified(Expressions around, Expr left) {
        String operator = dice.oneOf("=", "<>", "<", "<=", ">", ">=");
        String quantifier = dice.oneOf("ANY", "ALL", "SOME");
        String label = operator + " " + quantifier.replace("SOME", "ANY").toLowerCase(Locale.ROOT);
        if (dice.chance(0.2) && left.type() == Type.INTEGER) {
            Rel column = column(inner(around), Type.INTEGER);
            return Expr.of(
                    "(§ " + operator + " " + quantifier + " (ARRAY(§)))",
                    Type.BOOL,
                    true,
                    List.of(left, column),
                    label + " of an array");
        }
        return Expr.of(
                "(§ " + operator + " " + quantifier + " (§))",
                Type.BOOL,
                true,
                List.of(left, column(inner(around), left.type())),
                label);
    }

    private Expr compared(Expressions around, Expr left) {
        String operator = new Expressions(dice, around.atoms()).operator(0.4);
        return Expr.of(
                "(§ " + operator + " §)",
                Type.BOOL,
                true,
                List.of(left, scalar(around, left.type())),
                "");
    }

    /// One column of a type's family.
    private Rel column(Scope inner, Type type) {
        From from = queries.froms().from(inner, dice.chance(0.75) ? 1 : 2);
        Expressions expressions = queries.expressions(inner, from.atoms());
        Expr value = expressions.of(type, 1);
        Optional<Expr> where = queries.where(inner, expressions);
        boolean groups = dice.chance(0.25) && value.type().hasEquality() && value.hasReference();
        Rel.Select plain =
                new Rel.Select(
                        !groups && dice.chance(0.1) ? Duplicates.REMOVE : Duplicates.KEEP,
                        List.of(new Target("v", value)),
                        from,
                        where,
                        groups ? Grouping.by(List.of(value)) : Grouping.NONE,
                        groups
                                ? Optional.of(
                                        Expr.call(
                                                "(§ > 1)",
                                                Type.BOOL,
                                                Expr.of(
                                                        "count(*)",
                                                        Type.BIGINT,
                                                        true,
                                                        List.of(),
                                                        "aggregate count")))
                                : Optional.empty(),
                        List.of());
        if (value.type().hasEquality() && dice.chance(0.1)) {
            return new OrderGenerator(queries).limited(plain);
        }
        return plain;
    }

    /// A sub-query of one row and one column.
    private Expr scalar(Expressions around, Type type) {
        Scope inner = inner(around);
        String label = inner.outer().isEmpty() ? "scalar sub-query" : "correlated scalar sub-query";
        if (type == Type.ARRAY && dice.chance(0.8)) {
            Rel.Select column =
                    select(
                            inner,
                            Expr.call(
                                    "(§ % 50)::integer", Type.INTEGER, Expr.nullOf(Type.INTEGER)));
            return array(inner, column);
        }
        if (type.family() == Type.Family.INTEGRAL && dice.chance(0.4)) {
            From from = queries.froms().from(inner, 1);
            Expressions expressions = queries.expressions(inner, from.atoms());
            Expr count = Expr.of("count(*)", Type.BIGINT, true, List.of(), "aggregate count");
            return Expr.of(
                    "(§)",
                    count.type(),
                    true,
                    List.of(aggregated(inner, from, expressions, count)),
                    label);
        }
        From from = queries.froms().from(inner, dice.chance(0.8) ? 1 : 2);
        Expressions expressions = queries.expressions(inner, from.atoms());
        Expr value = expressions.of(type, 1);
        if (type.hasExtremum() && value.type().hasExtremum() && dice.chance(0.6)) {
            Expr extremum =
                    Expr.of(
                            dice.oneOf("min(§)", "max(§)"),
                            value.type().extremum(),
                            value.exact() && value.type().looksEqualWhenEqual(),
                            List.of(value),
                            "aggregate min");
            // An aggregate of nothing but outer columns would be one of the outer query.
            if (value.hasReference()) {
                return Expr.of(
                        "(§)",
                        extremum.type(),
                        extremum.exact(),
                        List.of(aggregated(inner, from, expressions, extremum)),
                        label);
            }
        }
        if (!value.type().hasEquality()) {
            return Expr.nullOf(type);
        }
        Rel.Select plain =
                Rel.Select.of(
                        List.of(new Target("v", value)), from, queries.where(inner, expressions));
        Rel one = OrderGenerator.one(plain, new OrderGenerator(queries).direction());
        return Expr.of("(§)", value.type(), one.fields().getFirst().exact(), List.of(one), label);
    }

    private Rel.Select aggregated(Scope inner, From from, Expressions expressions, Expr value) {
        return Rel.Select.of(
                List.of(new Target("v", value)), from, queries.where(inner, expressions));
    }

    private Rel.Select select(Scope inner, Expr fallback) {
        From from = queries.froms().from(inner, 1);
        Expressions expressions = queries.expressions(inner, from.atoms());
        Expr number = expressions.of(Type.INTEGER, 0);
        Expr value =
                number.hasReference()
                        ? Expr.call("(§ % 50)::integer", Type.INTEGER, number)
                        : fallback;
        return Rel.Select.of(
                List.of(new Target("v", value)), from, queries.where(inner, expressions));
    }

    private Expr array(Scope inner, Rel.Select column) {
        Rel sorted =
                new Ordering.Sorted(
                        column,
                        List.of(new Ordering.Sort("v", new OrderGenerator(queries).direction())),
                        "");
        return Expr.of(
                "ARRAY(§)",
                Type.ARRAY,
                true,
                List.of(sorted),
                inner.outer().isEmpty() ? "array sub-query" : "correlated array sub-query");
    }
}
