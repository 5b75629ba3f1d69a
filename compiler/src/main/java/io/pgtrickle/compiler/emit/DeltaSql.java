package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.Collectors;

/// A delta as SELECTs with a weight column, over common table expressions for what is used more
/// than once.
///
/// Mutable while one statement is made; one thread.
final class DeltaSql {
    private final IdentityHashMap<Delta, Integer> uses = new IdentityHashMap<>();
    private final IdentityHashMap<Delta, String> names = new IdentityHashMap<>();
    private final List<String> expressions = new ArrayList<>();

    private DeltaSql() {}

    /// A delta's SELECT and the common table expressions it needs, in order.
    record Rendered(List<String> expressions, String select) {}

    static Rendered render(Delta delta) {
        DeltaSql sql = new DeltaSql();
        sql.count(delta);
        String select = sql.select(delta);
        return new Rendered(List.copyOf(sql.expressions), select);
    }

    private void count(Delta delta) {
        if (uses.merge(delta, 1, Integer::sum) > 1) {
            return;
        }
        switch (delta) {
            case Delta.Nothing _, Delta.Pending _ -> {}
            case Delta.Filtered filtered -> count(filtered.input());
            case Delta.Projected projected -> count(projected.input());
            case Delta.Sum sum -> sum.terms().forEach(term -> count(term.delta()));
            case Delta.Product product -> {
                countSide(product.left());
                countSide(product.right());
            }
            case Delta.Unmatched unmatched -> {
                count(unmatched.left());
                unmatched.rightChange().ifPresent(this::count);
            }
            case Delta.Flipped flipped -> {
                count(flipped.rightChange());
                count(flipped.rightChange());
            }
            case Delta.Regrouped regrouped -> {
                count(regrouped.inputChange());
                count(regrouped.inputChange());
            }
        }
    }

    private void countSide(Side side) {
        switch (side) {
            case Side.Change(Delta delta) -> count(delta);
            case Side.Now _ -> {}
        }
    }

    /// A FROM item for the delta: its common table expression, or the SELECT itself when it is used
    /// once.
    private String from(Delta delta, String alias) {
        if (uses.getOrDefault(delta, 1) < 2) {
            return "(" + select(delta) + ") AS " + alias;
        }
        String name = names.get(delta);
        if (name == null) {
            name = define("delta", select(delta));
            names.put(delta, name);
        }
        return name + " AS " + alias;
    }

    private String define(String stem, String select) {
        String name = stem + "_" + (expressions.size() + 1);
        expressions.add(name + " AS (" + select + ")");
        return name;
    }

    private String select(Delta delta) {
        return switch (delta) {
            case Delta.Nothing nothing ->
                    "SELECT "
                            + join(Expressions.nulls(nothing.columns()), "0 AS " + WEIGHT)
                            + " WHERE false";
            case Delta.Pending pending -> pending(pending.scan());
            case Delta.Filtered filtered ->
                    "SELECT "
                            + Expressions.weighted(filtered.columns())
                            + " FROM "
                            + from(filtered.input(), "i")
                            + " WHERE "
                            + Expressions.render(filtered.predicate());
            case Delta.Projected projected ->
                    "SELECT "
                            + join(PlanSql.assignments(projected.assignments()), WEIGHT)
                            + " FROM "
                            + from(projected.input(), "i");
            case Delta.Sum sum ->
                    sum.terms().stream()
                            .map(term -> term(term, sum.columns()))
                            .collect(Collectors.joining("\n  UNION ALL "));
            case Delta.Product product -> product(product);
            case Delta.Unmatched unmatched -> unmatched(unmatched);
            case Delta.Flipped flipped -> flipped(flipped);
            case Delta.Regrouped regrouped -> regrouped(regrouped);
        };
    }

    private static String join(String columns, String weight) {
        return columns.isEmpty() ? weight : columns + ", " + weight;
    }

    private static String pending(Plan.Scan scan) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < scan.output().size(); i++) {
            targets.add(
                    PendingChanges.column(scan.sources().get(i).number())
                            + " AS "
                            + Identifier.quote(scan.output().get(i).name()));
        }
        targets.add(WEIGHT);
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + PendingChanges.name(scan.relation().oid());
    }

    private String term(Delta.Term term, List<Column> columns) {
        List<String> targets = new ArrayList<>();
        List<Column> own = term.delta().columns();
        for (int i = 0; i < columns.size(); i++) {
            targets.add(Expressions.converted("t", own.get(i), columns.get(i)));
        }
        targets.add((term.sign() == Sign.MINUS ? "-t." : "t.") + WEIGHT + " AS " + WEIGHT);
        return "SELECT " + String.join(", ", targets) + " FROM " + from(term.delta(), "t");
    }

    private String product(Delta.Product product) {
        String weight = weight(product.left(), "l") + " * " + weight(product.right(), "r");
        return "SELECT "
                + join(Expressions.list(product.columns()), weight + " AS " + WEIGHT)
                + " FROM "
                + side(product.left(), "l")
                + " JOIN "
                + side(product.right(), "r")
                + " ON "
                + Expressions.render(product.condition());
    }

    private static String weight(Side side, String alias) {
        return switch (side) {
            case Side.Change _ -> alias + "." + WEIGHT;
            case Side.Now _ -> "1";
        };
    }

    private String side(Side side, String alias) {
        return switch (side) {
            case Side.Change(Delta delta) -> from(delta, alias);
            case Side.Now(Plan plan) -> PlanSql.from(plan, alias);
        };
    }

    private String unmatched(Delta.Unmatched unmatched) {
        List<Column> padding = unmatched.right().output();
        String condition = Expressions.render(unmatched.condition());
        String targets = join(Expressions.nulls(padding), "l." + WEIGHT + " AS " + WEIGHT);
        String left = Expressions.list("l", unmatched.left().columns());
        String head = "SELECT " + (left.isEmpty() ? targets : left + ", " + targets) + " FROM ";
        if (unmatched.rightChange().isEmpty()) {
            return head
                    + from(unmatched.left(), "l")
                    + " WHERE NOT EXISTS (SELECT FROM "
                    + PlanSql.from(unmatched.right(), "r")
                    + " WHERE "
                    + condition
                    + ")";
        }
        String numbered =
                define(
                        "numbered",
                        "SELECT row_number() OVER () AS __pgt_n, "
                                + Expressions.weighted(unmatched.left().columns())
                                + " FROM "
                                + from(unmatched.left(), "l"));
        String partners =
                partners(
                        numbered,
                        unmatched.right(),
                        unmatched.rightChange().orElseThrow(),
                        condition);
        return head
                + numbered
                + " AS l LEFT JOIN "
                + partners
                + " AS m ON m.__pgt_n = l.__pgt_n"
                + " WHERE coalesce(m.__pgt_now, 0) - coalesce(m.__pgt_change, 0) = 0";
    }

    private String flipped(Delta.Flipped flipped) {
        String condition = Expressions.render(flipped.condition());
        List<Column> left = flipped.left().output();
        String columns = Expressions.list("l", left);
        String affected =
                define(
                        "affected",
                        "SELECT "
                                + (columns.isEmpty() ? "" : columns + ", ")
                                + "row_number() OVER () AS __pgt_n FROM "
                                + PlanSql.from(flipped.left(), "l")
                                + " WHERE EXISTS (SELECT FROM "
                                + from(flipped.rightChange(), "r")
                                + " WHERE "
                                + condition
                                + ")");
        String partners = partners(affected, flipped.right(), flipped.rightChange(), condition);
        String now = "(coalesce(m.__pgt_now, 0) = 0)";
        String before = "(coalesce(m.__pgt_now, 0) - coalesce(m.__pgt_change, 0) = 0)";
        String padded =
                join(
                        Expressions.nulls(flipped.right().output()),
                        now + "::int - " + before + "::int AS " + WEIGHT);
        return "SELECT "
                + (columns.isEmpty() ? padded : columns + ", " + padded)
                + " FROM "
                + affected
                + " AS l LEFT JOIN "
                + partners
                + " AS m ON m.__pgt_n = l.__pgt_n WHERE "
                + now
                + " <> "
                + before;
    }

    /// For each numbered left row: its partners now, and the change of their number.
    private String partners(String numbered, Plan right, Delta rightChange, String condition) {
        return define(
                "partners",
                "SELECT __pgt_n, sum(__pgt_now) AS __pgt_now, sum(__pgt_change) AS __pgt_change FROM (SELECT"
                        + " l.__pgt_n, 1 AS __pgt_now, 0 AS __pgt_change FROM "
                        + numbered
                        + " AS l JOIN "
                        + PlanSql.from(right, "r")
                        + " ON "
                        + condition
                        + "\n  UNION ALL SELECT l.__pgt_n, 0, r."
                        + WEIGHT
                        + " FROM "
                        + numbered
                        + " AS l JOIN "
                        + from(rightChange, "r")
                        + " ON "
                        + condition
                        + ") AS p GROUP BY __pgt_n");
    }

    private String regrouped(Delta.Regrouped regrouped) {
        Plan.Aggregate aggregate = regrouped.aggregate();
        List<Column> input = aggregate.input().output();
        String columns = Expressions.list(input);
        String change = from(regrouped.inputChange(), "i");
        String rows;
        if (aggregate.global()) {
            rows = define("rows", PlanSql.select(aggregate.input()));
        } else {
            String keys =
                    define(
                            "keys",
                            "SELECT "
                                    + Expressions.list(aggregate.keys())
                                    + " FROM "
                                    + change
                                    + " GROUP BY "
                                    + Expressions.list(aggregate.keys()));
            rows = define("rows", AffectedRows.select(aggregate.input(), aggregate.keys(), keys));
        }
        String before =
                define(
                        "before",
                        "SELECT "
                                + Expressions.imageColumns(input)
                                + ", sum("
                                + WEIGHT
                                + ") AS "
                                + WEIGHT
                                + " FROM (SELECT "
                                + columns
                                + ", 1 AS "
                                + WEIGHT
                                + " FROM "
                                + rows
                                + "\n  UNION ALL SELECT "
                                + columns
                                + ", -"
                                + WEIGHT
                                + " FROM "
                                + change
                                + ") AS i GROUP BY "
                                + Expressions.imageKey(input)
                                + " HAVING sum("
                                + WEIGHT
                                + ") > 0");
        String copies =
                "(SELECT "
                        + columns
                        + " FROM "
                        + before
                        + " AS b CROSS JOIN LATERAL generate_series(1, b."
                        + WEIGHT
                        + ")) AS i";
        String results = Expressions.list(aggregate.output());
        return "SELECT "
                + results
                + ", 1 AS "
                + WEIGHT
                + " FROM ("
                + PlanSql.aggregate(aggregate, rows + " AS i")
                + ") AS a\n  UNION ALL SELECT "
                + results
                + ", -1 FROM ("
                + PlanSql.aggregate(aggregate, copies)
                + ") AS a";
    }
}
