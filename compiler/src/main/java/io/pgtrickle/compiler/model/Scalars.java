package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Binds expressions to columns. Templates are known by their texts, a fixed vocabulary; SQL's
/// three-valued logic.
final class Scalars {
    private static final String HOLE = "$";
    private static final Pattern QUOTED = Pattern.compile("(numeric )?'([^']*)'");
    private static final Pattern INTEGER = Pattern.compile("-?\\d{1,18}");

    private final List<String> columns;

    private Scalars(List<Column> columns) {
        this.columns = columns.stream().map(Column::name).toList();
    }

    /// The expression over rows of these columns.
    ///
    /// @throws IllegalArgumentException for a column that is not there, and for a template outside
    ///   the vocabulary
    static Scalar bind(Expr expr, List<Column> columns) {
        return new Scalars(columns).bind(expr);
    }

    /// The fixed text of an expression with `$` for each hole: what tells templates apart.
    ///
    /// @throws IllegalArgumentException for a text that holds `$` itself
    static String shape(Expr expr) {
        return switch (expr) {
            case Expr.Ref _ -> HOLE;
            case Expr.Template(List<String> texts, _) -> {
                String shape = String.join(HOLE, texts);
                if (texts.stream().anyMatch(text -> text.contains(HOLE))) {
                    throw unknown(shape);
                }
                yield shape;
            }
        };
    }

    /// What fills the holes of an expression, over rows of these columns.
    static List<Scalar> arguments(Expr expr, List<Column> columns) {
        return switch (expr) {
            case Expr.Ref _ -> List.of(bind(expr, columns));
            case Expr.Template(_, List<Expr> arguments) ->
                    arguments.stream().map(argument -> bind(argument, columns)).toList();
        };
    }

    /// The positions of columns among others.
    static int[] positions(List<Column> wanted, List<Column> columns) {
        Scalars scalars = new Scalars(columns);
        return wanted.stream().mapToInt(column -> scalars.position(column.name())).toArray();
    }

    private int position(String column) {
        int position = columns.indexOf(column);
        if (position < 0) {
            throw new IllegalArgumentException("no column " + column + " among " + columns);
        }
        return position;
    }

    private Scalar bind(Expr expr) {
        return switch (expr) {
            case Expr.Ref(String column) -> {
                int position = position(column);
                yield row -> row.get(position);
            }
            case Expr.Template(_, List<Expr> arguments) -> template(shape(expr), arguments);
        };
    }

    private Scalar template(String shape, List<Expr> arguments) {
        List<Scalar> bound = new ArrayList<>();
        arguments.forEach(argument -> bound.add(bind(argument)));
        return switch (shape) {
            case "$ = $" -> comparison(bound, order -> order == 0);
            case "$ <> $" -> comparison(bound, order -> order != 0);
            case "$ < $" -> comparison(bound, order -> order < 0);
            case "$ <= $" -> comparison(bound, order -> order <= 0);
            case "$ > $" -> comparison(bound, order -> order > 0);
            case "$ >= $" -> comparison(bound, order -> order >= 0);
            case "$ + $" -> arithmetic(bound, Values::plus);
            case "$ - $" -> arithmetic(bound, Values::minus);
            case "$ * $" -> arithmetic(bound, Values::times);
            case "$ IS NULL" -> row -> bound.get(0).of(row) == null;
            case "$ IS NOT NULL" -> row -> bound.get(0).of(row) != null;
            case "$ IS NOT FALSE", "($) IS NOT FALSE" ->
                    row -> !Boolean.FALSE.equals(truth(bound.get(0), row));
            case "$ IS NOT TRUE", "($) IS NOT TRUE" -> row -> !bound.get(0).holds(row);
            case "$ IS TRUE" -> row -> bound.get(0).holds(row);
            case "$ IS FALSE" -> row -> Boolean.FALSE.equals(truth(bound.get(0), row));
            case "CAST($ AS text)" -> row -> text(bound.get(0).of(row));
            case "CAST(ROW($) AS record) = CAST(ROW($) AS record)" -> row -> same(bound, row);
            case "$ IS DISTINCT FROM $" -> row -> !same(bound, row);
            case "$ IS NOT DISTINCT FROM $" -> row -> same(bound, row);
            case "$ AND $" -> row -> and(truth(bound.get(0), row), truth(bound.get(1), row));
            case "$ OR $" ->
                    row -> not(and(not(truth(bound.get(0), row)), not(truth(bound.get(1), row))));
            case "NOT $" -> row -> not(truth(bound.get(0), row));
            case "COALESCE($, $)", "coalesce($, $)" ->
                    row -> coalesce(bound.get(0).of(row), bound.get(1), row);
            case "coalesce($, true)" -> row -> coalesce(bound.get(0).of(row), _ -> true, row);
            case "coalesce($, 0)" -> row -> coalesce(bound.get(0).of(row), _ -> 0L, row);
            case "coalesce(CAST($ AS text) = $, true)" ->
                    row -> {
                        String shown = text(bound.get(0).of(row));
                        Object other = bound.get(1).of(row);
                        return shown == null || other == null || shown.equals(other);
                    };
            case "CASE WHEN $ THEN $ ELSE $ END" ->
                    row -> bound.get(bound.get(0).holds(row) ? 1 : 2).of(row);
            default -> constant(shape);
        };
    }

    private static @Nullable String text(@Nullable Object value) {
        return value == null ? null : value.toString();
    }

    private static Scalar constant(String text) {
        Object value =
                switch (text) {
                    case "NULL" -> null;
                    case "true" -> true;
                    case "false" -> false;
                    default -> literal(text);
                };
        return _ -> value;
    }

    private static Object literal(String text) {
        Matcher quoted = QUOTED.matcher(text);
        if (quoted.matches()) {
            String value = quoted.group(2);
            return quoted.group(1) == null ? value : new BigDecimal(value);
        }
        if (!INTEGER.matcher(text).matches()) {
            throw unknown(text);
        }
        return Long.valueOf(text);
    }

    /// Says that a template is outside a vocabulary.
    static IllegalArgumentException unknown(String shape) {
        return new IllegalArgumentException("the model does not know the template '" + shape + "'");
    }

    private static Scalar comparison(List<Scalar> sides, IntPredicate order) {
        return arithmetic(sides, (left, right) -> order.test(Values.compare(left, right)));
    }

    /// A strict operation: NULL as soon as one side is.
    private static Scalar arithmetic(List<Scalar> sides, BinaryOperator<Object> operation) {
        return row -> {
            Object left = sides.get(0).of(row);
            Object right = sides.get(1).of(row);
            return left == null || right == null ? null : operation.apply(left, right);
        };
    }

    private static boolean same(List<Scalar> sides, Row row) {
        Object left = sides.get(0).of(row);
        Object right = sides.get(1).of(row);
        if (left == null || right == null) {
            return left == null && right == null;
        }
        return Values.compare(left, right) == 0;
    }

    private static @Nullable Object coalesce(@Nullable Object first, Scalar second, Row row) {
        return first != null ? first : second.of(row);
    }

    private static @Nullable Boolean truth(Scalar scalar, Row row) {
        return switch (scalar.of(row)) {
            case null -> null;
            case Boolean truth -> truth;
            case Object other -> throw new IllegalArgumentException("not a truth value: " + other);
        };
    }

    private static @Nullable Boolean and(@Nullable Boolean left, @Nullable Boolean right) {
        if (Boolean.FALSE.equals(left) || Boolean.FALSE.equals(right)) {
            return false;
        }
        if (left == null || right == null) {
            return null;
        }
        return true;
    }

    private static @Nullable Boolean not(@Nullable Boolean truth) {
        return truth == null ? null : !truth;
    }
}
