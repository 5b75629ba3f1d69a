package io.pgtrickle.tests.query;

import java.util.List;
import java.util.Optional;

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
    private final Extras extras;

    Expressions(Dice dice, List<Expr> atoms) {
        this(dice, atoms, Extras.NONE);
    }

    Expressions(Dice dice, List<Expr> atoms, Extras extras) {
        this.dice = dice;
        this.atoms = atoms;
        this.extras = extras;
    }

    /// What is put between the ordinary expressions now and then.
    interface Extras {
        /// Nothing.
        Extras NONE =
                new Extras() {
                    @Override
                    public Optional<Expr> value(Expressions scope, Type type) {
                        return Optional.empty();
                    }

                    @Override
                    public Optional<Expr> any(Expressions scope) {
                        return Optional.empty();
                    }
                };

        /// An expression of a type's family over the columns in scope.
        Optional<Expr> value(Expressions scope, Type type);

        /// An expression of any type over the columns in scope.
        Optional<Expr> any(Expressions scope);
    }

    /// The columns in scope.
    List<Expr> atoms() {
        return atoms;
    }

    /// The same without extras.
    Expressions plain() {
        return new Expressions(dice, atoms);
    }

    /// A column, or something computed from columns.
    Expr any(int depth) {
        Optional<Expr> extra = depth == 0 ? Optional.empty() : extras.any(this);
        if (extra.isPresent()) {
            return extra.get();
        }
        return depth == 0 || dice.chance(0.6) ? dice.pick(atoms) : of(dice.pick(SCALARS), depth);
    }

    /// An expression of the type's family.
    Expr of(Type type, int depth) {
        List<Expr> known = family(type);
        Optional<Expr> extra = depth == 0 ? Optional.empty() : extras.value(this, type);
        if (extra.isPresent()) {
            return extra.get();
        }
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
            case TIME,
                    UUID,
                    INTERVAL,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML,
                    RECORD ->
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
            // PostgreSQL prints a view that sorts by a negated constant so that it cannot read it.
            default ->
                    a.hasReference()
                            ? Expr.call("(- §)", Type.NUMERIC, a)
                            : Expr.call("abs(§)", Type.NUMERIC, a);
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
                atoms.stream().filter(Expr::exact).filter(it -> it.type().printsTheSame()).toList();
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
        Optional<Expr> extra = depth == 0 ? Optional.empty() : extras.value(this, Type.BOOL);
        if (extra.isPresent()) {
            String form = dice.oneOf("§", "§", "(§ OR §)", "(NOT §)", "(§ AND §)");
            return form.indexOf('§') == form.lastIndexOf('§')
                    ? Expr.call(form, Type.BOOL, extra.get())
                    : Expr.call(form, Type.BOOL, extra.get(), predicate(depth - 1));
        }
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
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML,
                    RECORD ->
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

    String operator(double equality) {
        return dice.chance(equality)
                ? dice.oneOf("=", "=", "=", "IS NOT DISTINCT FROM")
                : dice.oneOf("<", "<=", ">", ">=", "<>", "IS DISTINCT FROM");
    }

    /// A join condition that FULL JOIN can do: an equality, or true.
    Expr equality(List<Expr> lefts, List<Expr> rights) {
        List<List<Expr>> pairs = pairs(lefts, rights);
        if (pairs.isEmpty() || dice.chance(0.03)) {
            return Expr.constant("true", Type.BOOL);
        }
        List<Expr> pair = dice.pick(pairs);
        return Expr.call("(§ = §)", Type.BOOL, pair.get(0), pair.get(1));
    }

    private static List<List<Expr>> pairs(List<Expr> lefts, List<Expr> rights) {
        return lefts.stream()
                .filter(it -> it.type().hasEquality())
                .flatMap(left ->
                        rights.stream()
                                .filter(right -> right.type().family() == left.type().family())
                                .map(right -> List.of(left, right)))
                .toList();
    }

    /// A join condition between the columns of two sides.
    Expr condition(List<Expr> lefts, List<Expr> rights, double equality) {
        List<List<Expr>> pairs = pairs(lefts, rights);
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
        if (equality < 1 && dice.chance(0.1)) {
            return dice.oneOf(
                    Expr.constant("true", Type.BOOL),
                    Expr.constant("false", Type.BOOL),
                    predicate(0),
                    Expr.call("(§ OR §)", Type.BOOL, compared, predicate(0)),
                    alternatives(compared, compared),
                    alternatives(predicate(0), predicate(0)));
        }
        return compared;
    }

    /// Two conditions, each with one beside it.
    private Expr alternatives(Expr one, Expr other) {
        return Expr.call(
                "((§ AND §) OR (§ AND §))", Type.BOOL, one, predicate(0), predicate(0), other);
    }

    private List<Expr> family(Type type) {
        return atoms.stream().filter(it -> it.type().family() == type.family()).toList();
    }
}
