package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A limit as SQL.
///
/// @param executed whether the SELECT is executed, and not only described: then its order is total
record LimitSql(Plan.Limit limit, boolean executed) {

    /// A SELECT of the limit's rows, over a FROM item with the columns of its input.
    String select(String from) {
        String columns = Expressions.list(limit.output());
        if (limit.partition().isEmpty() && !limit.ties()) {
            String order = totalOrder();
            return "SELECT "
                    + columns
                    + " FROM "
                    + from
                    + (order.isEmpty() ? "" : " ORDER BY " + order)
                    + limit.count().map(it -> " LIMIT " + parenthesised(it)).orElse("")
                    + limit.offset().map(it -> " OFFSET " + parenthesised(it)).orElse("");
        }
        return "SELECT " + columns + " FROM (" + numbered(from) + ") AS n WHERE " + within();
    }

    /// A SELECT of so many rows from the front of a limit's input, which need not be fewer than
    /// there are.
    ///
    /// @param more an SQL expression: how many more than the limit takes and skips
    String front(String from, String more) {
        String bound =
                "CAST(least("
                        + limit.count().map(LimitSql::numeric).orElse("NULL")
                        + " + coalesce("
                        + limit.offset().map(LimitSql::numeric).orElse("0")
                        + ", 0) + "
                        + more
                        + ", CASE WHEN "
                        + limit.count().map(LimitSql::numeric).orElse("NULL")
                        + " IS NOT NULL THEN 9223372036854775807 END) AS bigint)";
        String order =
                limit.ties()
                        ? RowOrder.keys(limit.order()).collect(Collectors.joining(", "))
                        : totalOrder();
        return "SELECT "
                + Expressions.list(limit.output())
                + " FROM "
                + from
                + (order.isEmpty() ? "" : " ORDER BY " + order)
                + " FETCH FIRST ("
                + bound
                + ") ROWS "
                + (limit.ties() ? "WITH TIES" : "ONLY");
    }

    private static String numeric(Expr expr) {
        return "CAST(" + parenthesised(expr) + " AS numeric)";
    }

    private String totalOrder() {
        Stream<String> ties =
                executed
                        ? RowOrder.tieBreaker(limit.input(), limit.partition(), limit.order())
                        : Stream.empty();
        return Stream.concat(RowOrder.keys(limit.order()), ties).collect(Collectors.joining(", "));
    }

    private static String parenthesised(Expr expr) {
        return "(" + Expressions.render(expr) + ")";
    }

    private String numbered(String from) {
        String partition =
                limit.partition().isEmpty()
                        ? ""
                        : "PARTITION BY " + Expressions.list(limit.partition()) + " ";
        String order = RowOrder.keys(limit.order()).collect(Collectors.joining(", "));
        String total = totalOrder();
        String rank =
                limit.ties()
                        ? ", rank() OVER ("
                                + (partition + (order.isEmpty() ? "" : "ORDER BY " + order)).strip()
                                + ") AS __pgt_rank"
                        : "";
        return "SELECT *, row_number() OVER ("
                + (partition + (total.isEmpty() ? "" : "ORDER BY " + total)).strip()
                + ") AS __pgt_row"
                + rank
                + " FROM "
                + from;
    }

    private String within() {
        String offset = limit.offset().map(LimitSql::parenthesised).orElse("0");
        String skipped = "coalesce(" + offset + ", 0)";
        List<String> conditions = new ArrayList<>();
        limit.offset().ifPresent(_ -> conditions.add("__pgt_row > " + skipped));
        limit.count()
                .map(LimitSql::parenthesised)
                .ifPresent(count ->
                        conditions.add(
                                limit.ties()
                                        ? count
                                                + " > 0 AND __pgt_rank <= "
                                                + skipped
                                                + " + "
                                                + count
                                        : "coalesce(__pgt_row <= "
                                                + skipped
                                                + " + "
                                                + count
                                                + ", true)"));
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }
}
