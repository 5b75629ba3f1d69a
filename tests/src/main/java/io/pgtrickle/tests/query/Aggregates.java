package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Random aggregate calls with one determined answer.
final class Aggregates {
    private final Dice dice;
    private final Expressions scope;

    Aggregates(Dice dice, Expressions scope) {
        this.dice = dice;
        this.scope = scope;
    }

    /// `count`, `sum`, `avg`, `min` or `max`.
    Expr common() {
        Expr argument = scope.any(1);
        Type type = argument.type();
        return switch (dice.between(0, 6)) {
            case 0 -> filtered("count(*)", Type.BIGINT, true, List.of());
            case 2, 3 -> summable(argument) ? sum(argument) : count(argument);
            case 4 ->
                    summable(argument)
                            ? filtered("avg(§)", type.average(), false, List.of(argument))
                            : filtered("count(*)", Type.BIGINT, true, List.of());
            case 5, 6 -> type.hasExtremum() ? extremum(argument) : count(argument);
            default -> count(argument);
        };
    }

    /// Any aggregate.
    Expr any() {
        return switch (dice.between(0, 12)) {
            case 0, 1, 2 -> common();
            case 3 -> distinct();
            case 4 -> bool();
            case 5 -> bits();
            case 6, 7 -> statistics();
            case 8 -> joined();
            case 9 -> collected();
            case 10 -> orderedSet();
            case 11 -> hypothetical();
            default -> userDefined();
        };
    }

    // Sums of floats that are no small integers depend on the order of the rows, averages of
    // intervals on how they are written.
    static boolean summable(Expr argument) {
        Type type = argument.type();
        return type.hasSum()
                && (argument.exact()
                        || (type.family() != Type.Family.FLOAT
                                && type.family() != Type.Family.INTERVAL));
    }

    private Expr count(Expr argument) {
        return filtered("count(§)", Type.BIGINT, true, List.of(argument));
    }

    private Expr sum(Expr argument) {
        Type type = argument.type().sum();
        return filtered("sum(§)", type, type == Type.BIGINT, List.of(argument));
    }

    private Expr extremum(Expr argument) {
        Type type = argument.type();
        return filtered(
                dice.oneOf("min(§)", "max(§)"),
                type.extremum(),
                argument.exact() && type.looksEqualWhenEqual(),
                List.of(argument));
    }

    /// DISTINCT inside.
    private Expr distinct() {
        Expr argument = scope.any(1);
        Type type = argument.type();
        if (!type.hasEquality()) {
            return count(argument);
        }
        if (summable(argument) && dice.chance(0.5)) {
            return filtered("sum(DISTINCT §)", type.sum(), false, List.of(argument));
        }
        return filtered("count(DISTINCT §)", Type.BIGINT, true, List.of(argument));
    }

    private Expr bool() {
        return filtered(
                dice.oneOf("bool_and(§)", "bool_or(§)", "every(§)"),
                Type.BOOL,
                true,
                List.of(scope.plain().predicate(0)));
    }

    private Expr bits() {
        Expr argument = scope.of(Type.BIGINT, 1);
        return filtered(
                dice.oneOf("bit_and(§)", "bit_or(§)", "bit_xor(§)"),
                argument.type(),
                true,
                List.of(argument));
    }

    /// What has rounding in it is rounded further, where the order of the rows cannot show.
    private Expr statistics() {
        if (dice.chance(0.5)) {
            Expr argument = numeric();
            String name =
                    dice.oneOf(
                            "stddev",
                            "stddev_pop",
                            "stddev_samp",
                            "var_pop",
                            "var_samp",
                            "variance");
            return rounded(name + "(§)", List.of(argument));
        }
        String name =
                dice.oneOf(
                        "corr",
                        "covar_pop",
                        "covar_samp",
                        "regr_avgx",
                        "regr_avgy",
                        "regr_intercept",
                        "regr_r2",
                        "regr_slope",
                        "regr_sxx",
                        "regr_sxy",
                        "regr_syy");
        if (dice.chance(0.1)) {
            return filtered("regr_count(§, §)", Type.BIGINT, true, List.of(number(), number()));
        }
        return rounded(name + "(§, §)", List.of(number(), number()));
    }

    private Expr rounded(String template, List<Expr> arguments) {
        boolean filter = dice.chance(0.2);
        List<Expr> all = new ArrayList<>(arguments);
        if (filter) {
            all.add(scope.plain().predicate(0));
        }
        return Expr.of(
                "round((" + template + (filter ? " FILTER (WHERE §)" : "") + ")::numeric, 6)",
                Type.NUMERIC,
                false,
                all,
                label(template));
    }

    private Expr numeric() {
        Expr argument = scope.of(dice.oneOf(Type.INTEGER, Type.NUMERIC, Type.FLOAT), 1);
        return summable(argument) ? argument : number();
    }

    /// A small whole number.
    private Expr number() {
        return scope.of(Type.INTEGER, 1);
    }

    private Expr printable() {
        List<Expr> known =
                scope.atoms().stream()
                        .filter(it -> it.exact() && it.type().printsTheSame())
                        .toList();
        return known.isEmpty() ? Values.constant(dice, Type.INTEGER) : dice.pick(known);
    }

    /// One value made of all, in a total order.
    private Expr joined() {
        Expr value = printable();
        String order = dice.oneOf(" ORDER BY §::text", " ORDER BY §::text DESC");
        return switch (dice.between(0, 4)) {
            case 0 ->
                    filtered(
                            "string_agg(§::text, ','" + order + ")",
                            Type.TEXT,
                            true,
                            List.of(value, value));
            case 1 ->
                    filtered("string_agg(DISTINCT §::text, '|')", Type.TEXT, true, List.of(value));
            case 2 -> filtered("json_agg(§" + order + ")", Type.JSON, true, List.of(value, value));
            case 3 ->
                    filtered(
                            "xmlagg(xmlelement(name v, §::text)" + order + ")",
                            Type.XML,
                            true,
                            List.of(value, value));
            default ->
                    filtered("jsonb_agg(§" + order + ")", Type.JSONB, true, List.of(value, value));
        };
    }

    private Expr collected() {
        Expr value = printable();
        return switch (dice.between(0, 4)) {
            case 0 -> {
                Expr number = number();
                yield filtered(
                        "array_agg(§::integer ORDER BY §)",
                        Type.ARRAY,
                        true,
                        List.of(Expr.call("(§ % 100)", number.type(), number), number));
            }
            case 1 ->
                    filtered(
                            "array_agg(DISTINCT §::text ORDER BY §::text)",
                            Type.TEXTS,
                            true,
                            List.of(value, value));
            case 2 -> {
                Type type = dice.oneOf(Type.JSON, Type.JSONB);
                Expr content = printable();
                yield filtered(
                        type.sql()
                                + "_object_agg(COALESCE(§::text, '-'), § ORDER BY §::text, §::text)",
                        type,
                        true,
                        List.of(value, content, value, content));
            }
            case 3 -> range();
            default ->
                    filtered(
                            "string_agg(COALESCE(§::text, '?'), '' ORDER BY §::text COLLATE \"C\")",
                            Type.TEXT,
                            true,
                            List.of(value, value));
        };
    }

    private Expr range() {
        List<Expr> ranges = scope.atoms().stream().filter(it -> it.type() == Type.RANGE).toList();
        Expr argument =
                ranges.isEmpty()
                        ? Expr.call("int4range((§ % 5)::integer, 7)", Type.RANGE, number())
                        : dice.pick(ranges);
        return dice.chance(0.5)
                ? filtered("range_agg(§)", Type.MULTIRANGE, true, List.of(argument))
                : filtered("range_intersect_agg(§)", Type.RANGE, true, List.of(argument));
    }

    private Expr orderedSet() {
        Expr argument = scope.any(1);
        Type type = argument.type();
        if (dice.chance(0.3)) {
            String fraction = dice.oneOf("0.5", "0.25", "1");
            return filtered(
                    "percentile_cont(" + fraction + ") WITHIN GROUP (ORDER BY §::double precision)",
                    Type.FLOAT,
                    false,
                    List.of(number()));
        }
        if (!type.hasEquality()) {
            return count(argument);
        }
        boolean exact = argument.exact() && type.looksEqualWhenEqual();
        String name = dice.oneOf("percentile_disc(0.5)", "percentile_disc(0.9)", "mode()");
        return filtered(name + " WITHIN GROUP (ORDER BY §)", type, exact, List.of(argument));
    }

    private Expr hypothetical() {
        String name = dice.oneOf("rank", "dense_rank", "percent_rank", "cume_dist");
        Type type = name.endsWith("dense_rank") || name.equals("rank") ? Type.BIGINT : Type.FLOAT;
        Expr argument = number();
        String value = String.valueOf(dice.between(0, 4));
        return filtered(
                name + "(" + value + "::bigint) WITHIN GROUP (ORDER BY §::bigint)",
                type,
                true,
                List.of(argument));
    }

    private Expr userDefined() {
        Expr value = printable();
        return dice.chance(0.5)
                ? filtered("total(§::bigint)", Type.BIGINT, true, List.of(number()))
                : filtered(
                        "glued(§::text ORDER BY §::text)", Type.TEXT, true, List.of(value, value));
    }

    private Expr filtered(String template, Type type, boolean exact, List<Expr> arguments) {
        boolean filter = dice.chance(0.2);
        List<Expr> condition = filter ? List.of(scope.plain().predicate(0)) : List.of();
        return Expr.of(
                template + (filter ? " FILTER (WHERE §)" : ""),
                type,
                exact,
                Stream.concat(arguments.stream(), condition.stream()).toList(),
                label(template));
    }

    private static String label(String template) {
        String name = template.substring(0, template.indexOf('('));
        return "aggregate " + name + (template.contains("(DISTINCT") ? " distinct" : "");
    }
}
