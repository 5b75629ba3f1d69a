package io.pgtrickle.tests.query;

import java.util.List;
import java.util.stream.Stream;

/// Random immutable expressions over the columns in scope.
final class Expressions {
    private static final List<Type> SCALARS =
            List.of(
                    Type.SMALLINT,
                    Type.INTEGER,
                    Type.BIGINT,
                    Type.NUMERIC,
                    Type.TEXT,
                    Type.BOOL,
                    Type.FLOAT);

    private final Dice dice;
    private final List<Expr> atoms;

    Expressions(Dice dice, List<Expr> atoms) {
        this.dice = dice;
        this.atoms = atoms;
    }

    /// A column, or something computed from columns.
    Expr any(int depth) {
        return depth == 0 || dice.chance(0.6) ? dice.pick(atoms) : of(dice.pick(SCALARS), depth);
    }

    /// An expression of the type's family.
    Expr of(Type type, int depth) {
        List<Expr> known = family(type);
        if (depth <= 0 || dice.chance(0.35)) {
            return known.isEmpty() || dice.chance(0.1)
                    ? Values.constant(dice, type)
                    : dice.pick(known);
        }
        if (dice.chance(0.25)) {
            return general(type, depth - 1);
        }
        return switch (type.family()) {
            case INTEGRAL -> integral(type, depth - 1);
            case NUMBER -> number(depth - 1);
            case FLOAT -> floating(depth - 1);
            case TEXT -> text(depth - 1);
            case BOOL -> predicate(depth - 1);
            case DATE -> Expr.call("(§ + 1)", Type.DATE, of(Type.DATE, depth - 1));
            case TIME, UUID, INTERVAL, ENUM, RANGE, ARRAY, JSONB, JSON ->
                    known.isEmpty() ? Values.constant(dice, type) : dice.pick(known);
        };
    }

    /// What works for every type.
    private Expr general(Type type, int depth) {
        Expr first = of(type, depth);
        Expr second = of(type, depth);
        Type both = first.type().with(second.type());
        return switch (dice.between(0, 3)) {
            case 0 ->
                    Expr.call(
                            "CASE WHEN § THEN § ELSE § END", both, predicate(depth), first, second);
            case 1 -> Expr.call("COALESCE(§, §)", both, first, second);
            case 2 -> Expr.call("CASE WHEN § THEN § END", first.type(), predicate(depth), first);
            default ->
                    type.hasExtremum() && type.looksEqualWhenEqual()
                            ? Expr.call(
                                    dice.oneOf("GREATEST(§, §)", "LEAST(§, §)"),
                                    both,
                                    first,
                                    second)
                            : Expr.call("COALESCE(§, §)", both, first, second);
        };
    }

    private Expr integral(Type type, int depth) {
        Expr a = of(type, depth);
        Expr b = of(type, depth);
        return switch (dice.between(0, 6)) {
            case 0, 1 -> Expr.call("(§ + §)", a.type().with(b.type()), a, b);
            case 2 -> Expr.call("(§ - §)", a.type().with(b.type()), a, b);
            case 3 -> Expr.call("(§::bigint % 3)", Type.BIGINT, a);
            case 4 -> Expr.call("abs(§)", a.type(), a);
            case 5 -> length(depth);
            default -> Expr.call("§::bigint", Type.BIGINT, a);
        };
    }

    private Expr length(int depth) {
        Expr text = of(Type.TEXT, depth);
        return text.exact()
                ? Expr.call("length(§)", Type.INTEGER, text)
                : Values.constant(dice, Type.INTEGER);
    }

    private Expr number(int depth) {
        Expr a = of(Type.NUMERIC, depth);
        return switch (dice.between(0, 4)) {
            case 0 -> Expr.call("(§ + §)", Type.NUMERIC, a, of(Type.NUMERIC, depth));
            case 1 -> Expr.call("(§ - §)", Type.NUMERIC, a, of(Type.INTEGER, depth));
            case 2 -> Expr.call("round(§, 1)", Type.NUMERIC, a);
            case 3 -> Expr.call("§::numeric", Type.NUMERIC, of(Type.INTEGER, depth));
            default -> Expr.call("(- §)", Type.NUMERIC, a);
        };
    }

    private Expr floating(int depth) {
        Expr a = of(Type.FLOAT, depth);
        return dice.chance(0.5)
                ? Expr.call("(§ + §)", Type.FLOAT, a, of(Type.FLOAT, depth))
                : Expr.call("§::double precision", Type.FLOAT, of(Type.INTEGER, depth));
    }

    private Expr text(int depth) {
        Expr a = of(Type.TEXT, depth);
        return switch (dice.between(0, 6)) {
            case 0 -> Expr.call("upper(§)", Type.TEXT, a);
            case 1 -> Expr.call("substr(§, 1, 2)", Type.TEXT, a);
            case 2 ->
                    Expr.call(
                            "(§ || §)",
                            Type.TEXT,
                            a,
                            Expr.call("§::text", Type.TEXT, of(Type.TEXT, depth)));
            case 3 -> Expr.call("NULLIF(§, 'a')", a.type(), a);
            case 4 -> printed(depth);
            case 5 -> Expr.call("replace(§, 'a', 'b')", Type.TEXT, a);
            default -> Expr.call("btrim(§)", Type.TEXT, a);
        };
    }

    /// A value as text: only where the image is determined.
    private Expr printed(int depth) {
        List<Expr> printable =
                atoms.stream()
                        .filter(Expr::exact)
                        .filter(it ->
                                switch (it.type().family()) {
                                    case DATE, TIME, INTERVAL, ENUM, RANGE, ARRAY -> false;
                                    case INTEGRAL, NUMBER, FLOAT, TEXT, BOOL, UUID, JSONB, JSON ->
                                            true;
                                })
                        .toList();
        if (printable.isEmpty()) {
            return of(Type.TEXT, depth);
        }
        Expr value = dice.pick(printable);
        return value.type().family() == Type.Family.JSONB
                ? Expr.call("(§ ->> 'a')", Type.TEXT, value)
                : Expr.call("§::text", Type.TEXT, value);
    }

    /// A condition.
    Expr predicate(int depth) {
        if (depth > 0 && dice.chance(0.25)) {
            String form = dice.oneOf("(§ AND §)", "(§ OR §)", "(§ AND NOT §)");
            return Expr.call(form, Type.BOOL, predicate(depth - 1), predicate(depth - 1));
        }
        Expr column = dice.pick(atoms);
        if (!column.type().hasEquality() || dice.chance(0.15)) {
            return Expr.call(dice.oneOf("(§ IS NULL)", "(§ IS NOT NULL)"), Type.BOOL, column);
        }
        return switch (column.type().family()) {
            case BOOL ->
                    Expr.call(
                            dice.oneOf("§", "(NOT §)", "(§ IS TRUE)", "(§ IS NOT TRUE)"),
                            Type.BOOL,
                            column);
            case TEXT ->
                    dice.chance(0.2)
                            ? Expr.call("(§ LIKE 'a%')", Type.BOOL, column)
                            : compared(column, depth);
            case INTEGRAL,
                    NUMBER,
                    FLOAT,
                    DATE,
                    TIME,
                    UUID,
                    INTERVAL,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    JSON ->
                    compared(column, depth);
        };
    }

    private Expr compared(Expr column, int depth) {
        Type type = column.type();
        if (dice.chance(0.1)) {
            Expr first = Values.constant(dice, type);
            return Expr.call(
                    "(§ IN (§, §))", Type.BOOL, column, first, Values.constant(dice, type));
        }
        Expr other = dice.chance(0.5) ? Values.constant(dice, type) : of(type, depth);
        return Expr.call("(§ " + operator(0.3) + " §)", Type.BOOL, column, other);
    }

    private String operator(double equality) {
        return dice.chance(equality)
                ? dice.oneOf("=", "=", "=", "IS NOT DISTINCT FROM")
                : dice.oneOf("<", "<=", ">", ">=", "<>", "IS DISTINCT FROM");
    }

    /// A join condition between the columns of two sides.
    Expr condition(List<Expr> lefts, List<Expr> rights, double equality) {
        List<List<Expr>> pairs =
                lefts.stream()
                        .filter(it -> it.type().hasEquality())
                        .flatMap(left ->
                                rights.stream()
                                        .filter(right ->
                                                right.type().family() == left.type().family())
                                        .map(right -> List.of(left, right)))
                        .toList();
        if (pairs.isEmpty()) {
            return dice.chance(0.5) ? Expr.constant("true", Type.BOOL) : predicate(1);
        }
        List<Expr> pair = dice.pick(pairs);
        Expr left =
                pair.get(0).type().family() == Type.Family.INTEGRAL && dice.chance(0.1)
                        ? Expr.call("(§ + 1)", pair.get(0).type(), pair.get(0))
                        : pair.get(0);
        Expr compared = Expr.call("(§ " + operator(equality) + " §)", Type.BOOL, left, pair.get(1));
        if (dice.chance(0.2)) {
            return Expr.call("(§ AND §)", Type.BOOL, compared, predicate(0));
        }
        if (equality < 1 && dice.chance(0.07)) {
            return dice.oneOf(
                    Expr.constant("true", Type.BOOL),
                    Expr.constant("false", Type.BOOL),
                    predicate(0),
                    Expr.call("(§ OR §)", Type.BOOL, compared, predicate(0)));
        }
        return compared;
    }

    private List<Expr> family(Type type) {
        return atoms.stream().filter(it -> it.type().family() == type.family()).toList();
    }

    /// An aggregate over columns in scope.
    Expr aggregate() {
        Expr argument = any(1);
        String filter = dice.chance(0.25) ? " FILTER (WHERE §)" : "";
        List<Expr> condition = filter.isEmpty() ? List.of() : List.of(predicate(0));
        Type type = argument.type();
        // Sums of floats that are no small integers depend on the order of the rows, averages of
        // intervals on how
        // they are written.
        boolean summable =
                type.hasSum()
                        && (argument.exact()
                                || (type.family() != Type.Family.FLOAT
                                        && type.family() != Type.Family.INTERVAL));
        return switch (dice.between(0, 6)) {
            case 0 -> call("count(*)" + filter, List.of(), condition, Type.BIGINT, true);
            case 1 -> call("count(§)" + filter, List.of(argument), condition, Type.BIGINT, true);
            case 2, 3 ->
                    summable
                            ? call(
                                    "sum(§)" + filter,
                                    List.of(argument),
                                    condition,
                                    type.sum(),
                                    type.sum() == Type.BIGINT)
                            : call(
                                    "count(§)" + filter,
                                    List.of(argument),
                                    condition,
                                    Type.BIGINT,
                                    true);
            case 4 ->
                    summable
                            ? call(
                                    "avg(§)" + filter,
                                    List.of(argument),
                                    condition,
                                    type.average(),
                                    false)
                            : call("count(*)" + filter, List.of(), condition, Type.BIGINT, true);
            default ->
                    type.hasExtremum()
                            ? call(
                                    dice.oneOf("min(§)", "max(§)") + filter,
                                    List.of(argument),
                                    condition,
                                    type.extremum(),
                                    argument.exact() && type.looksEqualWhenEqual())
                            : call(
                                    "count(§)" + filter,
                                    List.of(argument),
                                    condition,
                                    Type.BIGINT,
                                    true);
        };
    }

    private static Expr call(
            String template, List<Expr> arguments, List<Expr> filter, Type type, boolean exact) {
        return new Expr.Call(
                template, Stream.concat(arguments.stream(), filter.stream()).toList(), type, exact);
    }
}
