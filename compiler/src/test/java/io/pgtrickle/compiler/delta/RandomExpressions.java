package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Random expressions over given columns, well typed. One thread.
final class RandomExpressions {
    private static final List<String> COMPARISONS =
            List.of(
                    "=",
                    "=",
                    "=",
                    "<>",
                    "<",
                    "<=",
                    ">",
                    ">=",
                    "IS NOT DISTINCT FROM",
                    "IS DISTINCT FROM");

    private final RandomGenerator random;

    RandomExpressions(RandomGenerator random) {
        this.random = random;
    }

    /// A fixed text.
    static Expr literal(String text) {
        return new Expr.Template(List.of(text), List.of());
    }

    /// An element of a list that is not empty.
    <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    /// A condition of a join, most often an equality of a column of each side.
    Expr condition(List<Column> left, List<Column> right) {
        Column column = left.isEmpty() ? null : pick(left);
        List<Column> partners = column == null ? List.of() : of(right, column.type());
        int kind = random.nextInt(10);
        if (column == null || partners.isEmpty() || kind >= 8) {
            List<Column> all = new ArrayList<>(left);
            all.addAll(right);
            return predicate(all, 2);
        }
        String operator = kind < 5 ? "=" : pick(COMPARISONS);
        Expr comparison = Expr.binary(ref(column), operator, ref(pick(partners)));
        Expr first = random.nextInt(6) == 0 ? postfix(comparison, " IS NOT FALSE") : comparison;
        List<Column> all = new ArrayList<>(left);
        all.addAll(right);
        return random.nextInt(4) == 0 ? Expr.and(first, predicate(all, 1)) : first;
    }

    /// A predicate over the columns.
    Expr predicate(List<Column> columns, int depth) {
        int kind = random.nextInt(depth > 0 ? 12 : 8);
        return switch (kind) {
            case 0 -> literal(pick(List.of("true", "false", "NULL", "true")));
            case 1 -> postfix(anything(columns, depth - 1), " IS NULL");
            case 2 -> postfix(anything(columns, depth - 1), " IS NOT NULL");
            case 3 -> columns(columns, TypeFacts.BOOLEAN);
            case 8, 9 ->
                    Expr.binary(
                            predicate(columns, depth - 1), "AND", predicate(columns, depth - 1));
            case 10 -> disjunction(columns, depth);
            case 11 ->
                    new Expr.Template(List.of("NOT ", ""), List.of(predicate(columns, depth - 1)));
            default -> comparison(columns, depth);
        };
    }

    /// Alternatives, which may have conditions in common.
    private Expr disjunction(List<Column> columns, int depth) {
        Expr one = predicate(columns, depth - 1);
        Expr other = predicate(columns, depth - 1);
        if (random.nextInt(2) == 0) {
            return Expr.binary(one, "OR", other);
        }
        Expr common = comparison(columns, depth - 1);
        return Expr.binary(
                Expr.binary(common, "AND", one), "OR", Expr.binary(other, "AND", common));
    }

    /// An expression of that type over the columns.
    Expr expression(TypeFacts type, List<Column> columns, int depth) {
        if (type.equals(TypeFacts.BOOLEAN) && random.nextInt(3) > 0) {
            return predicate(columns, depth);
        }
        if (depth <= 0 || random.nextInt(3) == 0) {
            return columns(columns, type);
        }
        boolean number = type.equals(TypeFacts.BIGINT) || type.equals(TypeFacts.ANY_NUMERIC);
        Expr first = expression(type, columns, depth - 1);
        return switch (random.nextInt(number ? 5 : 2)) {
            case 0 ->
                    new Expr.Template(
                            List.of("COALESCE(", ", ", ")"),
                            List.of(first, expression(type, columns, depth - 1)));
            case 1 ->
                    new Expr.Template(
                            List.of("CASE WHEN ", " THEN ", " ELSE ", " END"),
                            List.of(
                                    predicate(columns, depth - 1),
                                    first,
                                    expression(type, columns, depth - 1)));
            case 2 -> Expr.binary(first, "+", expression(type, columns, depth - 1));
            case 3 -> Expr.binary(first, "-", expression(type, columns, depth - 1));
            default -> Expr.binary(first, "*", literal(pick(List.of("-1", "0", "2"))));
        };
    }

    /// The columns of that type.
    static List<Column> of(List<Column> columns, TypeFacts type) {
        return columns.stream().filter(column -> column.type().equals(type)).toList();
    }

    static Expr ref(Column column) {
        return new Expr.Ref(column.name());
    }

    private Expr columns(List<Column> columns, TypeFacts type) {
        List<Column> fitting = of(columns, type);
        if (!fitting.isEmpty() && random.nextInt(8) > 0) {
            return ref(pick(fitting));
        }
        boolean integer = type.equals(TypeFacts.BIGINT);
        return literal(integer && random.nextInt(3) > 0 ? pick(List.of("0", "1", "2")) : "NULL");
    }

    private Expr anything(List<Column> columns, int depth) {
        TypeFacts type = columns.isEmpty() ? TypeFacts.BIGINT : pick(columns).type();
        return expression(type, columns, Math.min(depth, 1));
    }

    private Expr comparison(List<Column> columns, int depth) {
        TypeFacts type = columns.isEmpty() ? TypeFacts.BIGINT : pick(columns).type();
        int nested = Math.min(depth - 1, 1);
        return Expr.binary(
                expression(type, columns, nested),
                pick(COMPARISONS),
                expression(type, columns, nested));
    }

    private static Expr postfix(Expr argument, String text) {
        return new Expr.Template(List.of("", text), List.of(argument));
    }
}
