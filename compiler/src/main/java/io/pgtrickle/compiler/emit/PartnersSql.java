package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.delta.Delta.Partners;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Set;

/// The changes of semi, anti and outer joins, which ask how many partners a row has and had.
///
/// @param sql the statement that they are part of
/// @param now reads the new state of plans
record PartnersSql(DeltaSql sql, PlanSql now) {

    private static String test(Partners partners, String count) {
        return switch (partners) {
            case SOME -> "(" + count + " > 0)";
            case NONE -> "(" + count + " = 0)";
        };
    }

    /// The rows of a change that had some or no partner before.
    String kept(Delta.Kept kept) {
        String condition = Expressions.render(kept.condition());
        List<Column> columns = kept.left().columns();
        String head =
                "SELECT " + DeltaSql.join(Expressions.list("l", columns), "l." + WEIGHT) + " FROM ";
        if (kept.rightChange().isEmpty()) {
            String left = AffectedRows.wouldCompute(kept.right()) ? sql.shared(kept.left()) : "";
            String right =
                    left.isEmpty()
                            ? now.from(kept.right(), "r")
                            : sql.partnersOf(
                                    now, kept.right(), left, columns, kept.condition(), "r");
            return head
                    + sql.from(kept.left(), "l")
                    + (kept.partners() == Partners.SOME ? " WHERE EXISTS" : " WHERE NOT EXISTS")
                    + " (SELECT FROM "
                    + right
                    + " WHERE "
                    + condition
                    + ")";
        }
        String numbered =
                sql.define(
                        "numbered",
                        "SELECT row_number() OVER () AS __pgt_n, "
                                + Expressions.weighted(columns)
                                + " FROM "
                                + sql.from(kept.left(), "l"));
        String partners =
                partners(
                        numbered,
                        columns,
                        kept.right(),
                        kept.rightChange().orElseThrow(),
                        kept.condition());
        return head
                + numbered
                + " AS l LEFT JOIN "
                + partners
                + " AS m ON m.__pgt_n = l.__pgt_n WHERE "
                + test(kept.partners(), "coalesce(m.__pgt_now, 0) - coalesce(m.__pgt_change, 0)");
    }

    /// Whether a left row's partners can have changed: whether it has a match in the relation
    /// `change`. Where only a part of the condition is equalities, they are asked for on their own
    /// as well: PostgreSQL makes a semi-join start from the distinct keys of the small side only if
    /// nothing else is in it. One row that was replaced by another is a change only for those that
    /// match one of the two.
    private static String touched(Delta.Flipped flipped, String change) {
        Expr condition = flipped.condition();
        if (RowKeys.of(flipped.right()).filter(Set::isEmpty).isPresent()) {
            return DeltaSql.changed(change)
                    + ComparedValue.in(condition, flipped.right().output())
                            .map(it -> " AND " + it.between(change))
                            .orElse("")
                    + " AND (SELECT coalesce(sum(r."
                    + WEIGHT
                    + "), 0) FROM "
                    + change
                    + " AS r WHERE "
                    + Expressions.render(condition)
                    + ") <> 0";
        }
        List<Expr> equalities = DeltaSql.equalities(condition);
        String all = exists(change, condition);
        if (equalities.isEmpty()) {
            return DeltaSql.changed(change) + " AND " + all;
        }
        return equalities.size() == condition.conjuncts().size()
                ? all
                : exists(change, equalities.stream().reduce(Expr.always(), Expr::and))
                        + " AND "
                        + all;
    }

    private static String exists(String relation, Expr condition) {
        return "EXISTS (SELECT FROM "
                + relation
                + " AS r WHERE "
                + Expressions.render(condition)
                + ")";
    }

    /// The rows that have some or no partner now and had not, or had and have not any more.
    String flipped(Delta.Flipped flipped) {
        List<Column> left = flipped.left().output();
        String change = sql.shared(flipped.rightChange());
        String affected =
                sql.define(
                        "affected",
                        "SELECT "
                                + DeltaSql.join(
                                        Expressions.list("l", left),
                                        "row_number() OVER () AS __pgt_n")
                                + " FROM "
                                + sql.partnersOf(
                                        now,
                                        flipped.left(),
                                        change,
                                        flipped.rightChange().columns(),
                                        flipped.condition(),
                                        "l")
                                + " WHERE "
                                + touched(flipped, change));
        String partners =
                partners(
                        affected,
                        left,
                        flipped.right(),
                        flipped.rightChange(),
                        flipped.condition());
        String is = test(flipped.partners(), "coalesce(m.__pgt_now, 0)");
        String was =
                test(flipped.partners(), "coalesce(m.__pgt_now, 0) - coalesce(m.__pgt_change, 0)");
        return "SELECT "
                + DeltaSql.join(
                        Expressions.list("l", left), is + "::int - " + was + "::int AS " + WEIGHT)
                + " FROM "
                + affected
                + " AS l LEFT JOIN "
                + partners
                + " AS m ON m.__pgt_n = l.__pgt_n WHERE "
                + is
                + " <> "
                + was;
    }

    /// For each numbered left row: its partners now, and the change of their number.
    private String partners(
            String numbered, List<Column> columns, Plan right, Delta rightChange, Expr joined) {
        String condition = Expressions.render(joined);
        return sql.define(
                "partners",
                "SELECT __pgt_n, sum(__pgt_now) AS __pgt_now, sum(__pgt_change) AS __pgt_change FROM (SELECT"
                        + " l.__pgt_n, 1 AS __pgt_now, 0 AS __pgt_change FROM "
                        + numbered
                        + " AS l JOIN "
                        + sql.partnersOf(now, right, numbered, columns, joined, "r")
                        + " ON "
                        + condition
                        + "\n  UNION ALL SELECT l.__pgt_n, 0, r."
                        + WEIGHT
                        + " FROM "
                        + numbered
                        + " AS l JOIN "
                        + sql.from(rightChange, "r")
                        + " ON "
                        + condition
                        + ") AS p GROUP BY __pgt_n");
    }
}
