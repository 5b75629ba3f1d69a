package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// A comparison of rows with one value that changes, as in `WHERE amount > (SELECT avg(amount)
/// ...)`.
///
/// Only rows between the least and the greatest of the changed values can get another answer: the
/// others match all of them or none, and the weights of a value replaced by another cancel out. The
/// bounds are plain comparisons, which PostgreSQL makes before it asks each row for the sum of the
/// weights it matches, and can look up in an index.
///
/// @param row what is compared, an expression over the rows' columns
/// @param operator `<`, `<=`, `>` or `>=`
/// @param value the value: a column, or arithmetic over it
record ComparedValue(Expr row, String operator, Expr value) {
    /// The text between operands that leaves a number a number.
    private static final Pattern ARITHMETIC = Pattern.compile("[-+*/(). 0-9]*");

    private static final Map<String, String> MIRRORED =
            Map.of("<", ">", "<=", ">=", ">", "<", ">=", "<=");

    /// The comparison in a condition, if no other part of it reads the value.
    static Optional<ComparedValue> in(Expr condition, List<Column> values) {
        List<Expr> reading =
                condition.conjuncts().stream().filter(it -> reads(it, values)).toList();
        return reading.size() == 1 ? of(reading.getFirst(), values) : Optional.empty();
    }

    private static Optional<ComparedValue> of(Expr conjunct, List<Column> values) {
        if (!(conjunct instanceof Expr.Template(List<String> texts, List<Expr> arguments))
                || arguments.size() != 2
                || !texts.getFirst().isEmpty()
                || !texts.getLast().isEmpty()) {
            return Optional.empty();
        }
        String operator = texts.get(1).strip();
        if (!MIRRORED.containsKey(operator)) {
            return Optional.empty();
        }
        return compared(arguments.get(0), operator, arguments.get(1), values)
                .or(() ->
                        compared(
                                arguments.get(1),
                                MIRRORED.getOrDefault(operator, operator),
                                arguments.get(0),
                                values));
    }

    private static Optional<ComparedValue> compared(
            Expr row, String operator, Expr value, List<Column> values) {
        return !reads(row, values) && ordered(value, values)
                ? Optional.of(new ComparedValue(row, operator, value))
                : Optional.empty();
    }

    private static boolean reads(Expr expression, List<Column> values) {
        Set<String> read = new HashSet<>(expression.columns());
        return values.stream().map(Column::name).anyMatch(read::contains);
    }

    /// Whether `min` and `max` follow the order of the comparison, whatever it is compared with.
    private static boolean ordered(Expr value, List<Column> values) {
        return value instanceof Expr.Ref(String name)
                ? values.stream()
                        .anyMatch(it -> it.name().equals(name) && (isNumber(it) || isTime(it)))
                : isNumber(value, values);
    }

    private static boolean isNumber(Expr value, List<Column> values) {
        return switch (value) {
            case Expr.Ref(String name) ->
                    values.stream().anyMatch(it -> it.name().equals(name) && isNumber(it));
            case Expr.Template(List<String> texts, List<Expr> arguments) ->
                    texts.stream().allMatch(it -> ARITHMETIC.matcher(it).matches())
                            && arguments.stream().allMatch(it -> isNumber(it, values));
        };
    }

    private static boolean isNumber(Column column) {
        return column.type().arithmetic() != Arithmetic.NONE;
    }

    private static boolean isTime(Column column) {
        String type = column.type().sqlName();
        return type.equals("date") || type.startsWith("timestamp");
    }

    /// A condition that holds for all rows whose answer differs.
    ///
    /// @param change the relation with the change of the value
    String between(String change) {
        boolean upwards = operator.startsWith(">");
        String compared = "(" + Expressions.render(row) + ") " + operator + " ";
        return compared
                + bound(upwards ? "min" : "max", change)
                + " AND (NOT "
                + compared
                + bound(upwards ? "max" : "min", change)
                + " OR (SELECT sum(r."
                + WEIGHT
                + ") FROM "
                + change
                + " AS r WHERE ("
                + Expressions.render(value)
                + ") IS NOT NULL) <> 0)";
    }

    private String bound(String extremum, String change) {
        return "(SELECT "
                + extremum
                + "("
                + Expressions.render(value)
                + ") FROM "
                + change
                + " AS r)";
    }
}
