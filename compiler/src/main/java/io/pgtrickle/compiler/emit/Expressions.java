package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Expressions as SQL text, and the few fixed shapes that several statements need.
final class Expressions {
    /// The weight column of every delta.
    static final String WEIGHT = "__pgt_w";

    private Expressions() {}

    /// An expression whose columns are referred to by their bare names.
    static String render(Expr expr) {
        return render(expr, Identifier::quote);
    }

    /// An expression whose columns are referred to as `reference` says.
    static String render(Expr expr, UnaryOperator<String> reference) {
        return switch (expr) {
            case Expr.Ref(String column) -> reference.apply(column);
            case Expr.Template(List<String> texts, List<Expr> arguments) -> {
                StringBuilder sql = new StringBuilder(texts.getFirst());
                for (int i = 0; i < arguments.size(); i++) {
                    sql.append(enclosed(arguments.get(i), reference)).append(texts.get(i + 1));
                }
                yield sql.toString();
            }
        };
    }

    private static String enclosed(Expr expr, UnaryOperator<String> reference) {
        String text = render(expr, reference);
        return expr instanceof Expr.Ref ? text : "(" + text + ")";
    }

    /// The names of columns, separated by commas.
    static String list(List<Column> columns) {
        return columns.stream()
                .map(column -> Identifier.quote(column.name()))
                .collect(Collectors.joining(", "));
    }

    /// The names of columns, each behind `alias`, separated by commas.
    static String list(String alias, List<Column> columns) {
        return columns.stream()
                .map(column -> alias + "." + Identifier.quote(column.name()))
                .collect(Collectors.joining(", "));
    }

    /// The names of columns with the weight behind them.
    static String weighted(List<Column> columns) {
        return columns.isEmpty() ? WEIGHT : list(columns) + ", " + WEIGHT;
    }

    /// Columns as NULLs of their types. A type outside `pg_catalog` may be a domain that refuses
    /// NULL but still occurs as NULL beside an outer join: a sub-select without rows gives one that
    /// is never checked.
    static String nulls(List<Column> columns) {
        return columns.stream()
                .map(column -> {
                    String type = column.type().sqlName();
                    String value = "CAST(NULL AS " + type + ")";
                    String unchecked =
                            type.contains(".") ? "(SELECT " + value + " WHERE false)" : value;
                    return unchecked + " AS " + Identifier.quote(column.name());
                })
                .collect(Collectors.joining(", "));
    }

    /// A column of `alias` as another column, with the other's type.
    static String converted(String alias, Column column, Column as) {
        String value = alias + "." + Identifier.quote(column.name());
        String sqlName = as.type().sqlName();
        String typed =
                column.type().sqlName().equals(sqlName)
                        ? value
                        : "CAST(" + value + " AS " + sqlName + ")";
        return typed + " AS " + Identifier.quote(as.name());
    }

    /// What to GROUP BY so that each row image is a group of its own: the columns whose equality is
    /// image equality, and the text of all others together. The output functions of PostgreSQL's
    /// types distinguish all their images.
    static String imageKey(List<Column> columns) {
        List<String> keys = new ArrayList<>();
        List<String> others = new ArrayList<>();
        for (Column column : columns) {
            (column.type().imageEquality() ? keys : others).add(Identifier.quote(column.name()));
        }
        if (!others.isEmpty()) {
            keys.add("CAST(ROW(" + String.join(", ", others) + ") AS text)");
        }
        return keys.isEmpty() ? "()" : String.join(", ", keys);
    }

    /// The columns of a group of one row image, for the select list beside [#imageKey].
    static String imageColumns(List<Column> columns) {
        return columns.stream()
                .map(column -> {
                    String name = Identifier.quote(column.name());
                    return column.type().imageEquality()
                            ? name
                            : anyValue(name, column.type()) + " AS " + name;
                })
                .collect(Collectors.joining(", "));
    }

    /// The access path `__pgt_row_id` over columns referred to as `reference` says: a hash that
    /// equal rows share. Never an identity: whoever uses it compares the columns as well.
    static String rowId(List<Column> columns, UnaryOperator<String> reference) {
        List<String> hashed =
                columns.stream()
                        .filter(column -> column.type().hashable())
                        .map(column -> reference.apply(column.name()))
                        .toList();
        return hashed.isEmpty()
                ? "CAST(0 AS bigint)"
                : "hash_record_extended(ROW(" + String.join(", ", hashed) + "), 0)";
    }

    /// NULL-safe equality of the same columns on two sides.
    static String sameKeys(List<Column> columns, String left, String right) {
        return columns.stream()
                .map(column -> same(column, left, right))
                .collect(
                        Collectors.collectingAndThen(
                                Collectors.joining(" AND "),
                                text -> text.isEmpty() ? "true" : text));
    }

    private static String same(Column column, String left, String right) {
        String name = Identifier.quote(column.name());
        return sameValue(column, left + "." + name, right + "." + name);
    }

    /// NULL-safe equality of two expressions of a column's type. Where `=` by name would find
    /// another operator than the type's own, records are compared: their comparison uses the
    /// operator class, and takes NULL for NULL.
    static String sameValue(Column column, String left, String right) {
        if (column.type().equality() == TypeFacts.Equality.OF_EXTENSION) {
            return "CAST(ROW(" + left + ") AS record) = CAST(ROW(" + right + ") AS record)";
        }
        boolean notNull = column.nullability() == Nullability.NOT_NULL;
        return left + (notNull ? " = " : " IS NOT DISTINCT FROM ") + right;
    }

    /// The representative of a group's key: where equal keys may differ in their image, the
    /// smallest image, so that it is a function of the group's rows and not of their order.
    /// `any_value` takes the first value that it is given. It keeps the key's collation, which a
    /// cast from the smallest text would not; numbers have none, and need no sorting.
    static String keyRepresentative(Column key) {
        String name = Identifier.quote(key.name());
        TypeFacts type = key.type();
        String image = "CAST(" + name + " AS text) COLLATE \"C\"";
        if (type.imageEquality()) {
            return name;
        }
        if (type.arithmetic() != TypeFacts.Arithmetic.NONE) {
            return "CAST(min(" + image + ") AS " + type.sqlName() + ") AS " + name;
        }
        String blanks = type.sqlName().equals("bpchar") ? ", octet_length(" + name + ")" : "";
        return anyValue(name + " ORDER BY " + image + blanks, type) + " AS " + name;
    }

    /// `any_value` of a domain gives the type under it.
    private static String anyValue(String arguments, TypeFacts type) {
        return "CAST(any_value(" + arguments + ") AS " + type.sqlName() + ")";
    }
}
