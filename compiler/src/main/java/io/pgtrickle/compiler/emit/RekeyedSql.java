package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.function.BinaryOperator;

/// The change of an operator that works key by key: what it makes of the rows with the touched keys
/// as they are, less what it makes of them as they were.
///
/// The old rows are those of the state tables where the change comes from there alone, else the new
/// rows less the change. A limit without keys is touched as a whole, but looks at no more than the
/// front of its input.
///
/// @param now reads the new state of plans
/// @param before reads the old state of plans whose change comes from state tables
/// @param define makes a common table expression of a name's stem and a SELECT, and names it
record RekeyedSql(PlanSql now, PlanSql before, BinaryOperator<String> define) {

    /// A SELECT of the operator's output and a weight.
    ///
    /// @param change the common table expression with the change of the operator's input
    String select(Delta.Rekeyed rekeyed, String change) {
        Plan operator = rekeyed.operator();
        boolean front =
                operator instanceof Plan.Limit limit
                        && limit.partition().isEmpty()
                        && limit.count().isPresent();
        if (rekeyed.inputChange().oldIsAtHand()) {
            return changed(
                    operator,
                    item(rows(now, rekeyed, change)),
                    item(rows(before, rekeyed, change)));
        }
        String rows =
                define.apply(
                        "rows",
                        front ? front((Plan.Limit) operator, change) : rows(now, rekeyed, change));
        return changed(operator, rows + " AS i", item(old(operator, rows, change)));
    }

    private static String item(String select) {
        return "(" + select + ") AS i";
    }

    /// The rows of the input that have a touched key.
    private String rows(PlanSql sql, Delta.Rekeyed rekeyed, String change) {
        Plan input = rekeyed.operator().children().getFirst();
        if (rekeyed.keys().isEmpty()) {
            return sql.select(input);
        }
        String names = Expressions.list(rekeyed.keys());
        String keys =
                define.apply("keys", "SELECT " + names + " FROM " + change + " GROUP BY " + names);
        return AffectedRows.select(sql, input, AffectedRows.Match.byName(rekeyed.keys()), keys);
    }

    /// The front of the new rows in which that of the old ones must be: a row that was among the
    /// first n is among the first n and as many as were added, since only they can have come before
    /// it.
    private String front(Plan.Limit limit, String change) {
        return now.limit(limit)
                .front(
                        now.from(limit.input(), "i"),
                        "(SELECT coalesce(sum("
                                + WEIGHT
                                + "), 0) FROM "
                                + change
                                + " WHERE "
                                + WEIGHT
                                + " > 0)");
    }

    /// A SELECT of the old rows: the new ones less the change.
    private String old(Plan operator, String rows, String change) {
        List<Column> columns = operator.children().getFirst().output();
        String weighted =
                "SELECT "
                        + with(columns, "1 AS " + WEIGHT)
                        + " FROM "
                        + rows
                        + "\n  UNION ALL SELECT "
                        + with(columns, "-" + WEIGHT)
                        + " FROM "
                        + change;
        return "SELECT "
                + Expressions.list(columns)
                + " FROM ("
                + net(columns, weighted)
                + " > 0) AS b CROSS JOIN LATERAL generate_series(1, b."
                + WEIGHT
                + ")";
    }

    /// What the operator makes of the FROM items `is` and `was`, with a weight.
    private String changed(Plan operator, String is, String was) {
        String both =
                "SELECT "
                        + with(operator.output(), "1 AS " + WEIGHT)
                        + " FROM ("
                        + now.over(operator, is)
                        + ") AS a\n  UNION ALL SELECT "
                        + with(operator.output(), "-1")
                        + " FROM ("
                        + now.over(operator, was)
                        + ") AS a";
        return operator instanceof Plan.Aggregate ? both : net(operator.output(), both) + " <> 0";
    }

    private static String with(List<Column> columns, String last) {
        return columns.isEmpty() ? last : Expressions.list(columns) + ", " + last;
    }

    /// The rows of a Z-set by their images, up to the comparison of their weight.
    static String net(List<Column> columns, String weighted) {
        return "SELECT "
                + (columns.isEmpty() ? "" : Expressions.imageColumns(columns) + ", ")
                + "CAST(sum("
                + WEIGHT
                + ") AS integer) AS "
                + WEIGHT
                + " FROM ("
                + weighted
                + ") AS i GROUP BY "
                + Expressions.imageKey(columns)
                + " HAVING sum("
                + WEIGHT
                + ")";
    }
}
