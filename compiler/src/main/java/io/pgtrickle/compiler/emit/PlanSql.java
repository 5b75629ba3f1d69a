package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A plan as a SELECT over the current state of its relations.
///
/// The columns of the SELECT are the plan's output columns by name. Results are functions of the
/// multisets below: the representative of equal keys, the order of floating-point sums and the
/// order of ties are fixed.
///
/// Immutable.
public final class PlanSql {
    private final Purpose purpose;
    private final Function<Plan.Stored, Optional<String>> stored;
    private final Map<Integer, String> rounds;
    private final IdentityHashMap<Plan, UnaryOperator<String>> cuts;

    private PlanSql(
            Purpose purpose,
            Function<Plan.Stored, Optional<String>> stored,
            Map<Integer, String> rounds,
            IdentityHashMap<Plan, UnaryOperator<String>> cuts) {
        this.purpose = purpose;
        this.stored = stored;
        this.rounds = Map.copyOf(rounds);
        this.cuts = cuts;
    }

    /// Whether a SELECT is to be executed, or only described before all types are known. What
    /// depends on types does not change them, so a description is the same without.
    private enum Purpose {
        EXECUTE,
        DESCRIBE
    }

    /// Computes everything from the relations.
    static PlanSql computing() {
        return reading(_ -> Optional.empty());
    }

    /// Reads the stored results for which `stored` gives a SELECT.
    static PlanSql reading(Function<Plan.Stored, Optional<String>> stored) {
        return new PlanSql(Purpose.EXECUTE, stored, Map.of(), new IdentityHashMap<>());
    }

    /// The same, with the SELECTs of some operators, told apart by identity, replaced.
    PlanSql cutting(IdentityHashMap<Plan, UnaryOperator<String>> more) {
        IdentityHashMap<Plan, UnaryOperator<String>> all = new IdentityHashMap<>();
        cuts.forEach(all::put);
        more.forEach(all::put);
        return new PlanSql(purpose, stored, rounds, all);
    }

    /// The same, with the rows of the previous round of a recursion read from elsewhere.
    ///
    /// @param recursion the recursion's number
    /// @param rows a FROM item without alias that has the columns of the recursion
    PlanSql readingRound(int recursion, String rows) {
        Map<Integer, String> all = new HashMap<>(rounds);
        all.put(recursion, rows);
        return new PlanSql(purpose, stored, all, cuts);
    }

    /// A SELECT with the columns and types of `plan`; its text does not depend on the types in the
    /// plan.
    public static String describable(Plan plan) {
        return new PlanSql(
                        Purpose.DESCRIBE, _ -> Optional.empty(), Map.of(), new IdentityHashMap<>())
                .select(plan);
    }

    /// An expression over columns by their bare names.
    public static String text(Expr expr) {
        return Expressions.render(expr);
    }

    /// The SELECT that computes `plan`.
    String select(Plan plan) {
        String select =
                switch (plan) {
                    case Plan.Scan scan -> scan(scan);
                    case Plan.Constant constant -> "SELECT " + assignments(constant.assignments());
                    case Plan.Filter filter ->
                            "SELECT "
                                    + Expressions.list(filter.output())
                                    + " FROM "
                                    + from(filter.input(), "i")
                                    + " WHERE "
                                    + Expressions.render(filter.predicate());
                    case Plan.Project project ->
                            "SELECT "
                                    + assignments(project.assignments())
                                    + " FROM "
                                    + from(project.input(), "i");
                    case Plan.Expand expand ->
                            "SELECT "
                                    + Expressions.list(expand.output())
                                    + " FROM "
                                    + from(expand.input(), "i")
                                    + expansion(expand);
                    case Plan.UnionAll union ->
                            union.branches().stream()
                                    .map(branch -> branch(branch, union.output()))
                                    .collect(Collectors.joining(" UNION ALL "));
                    case Plan.Join join -> join(join);
                    case Plan.Aggregate aggregate ->
                            aggregate(aggregate, from(aggregate.input(), "i"));
                    case Plan.Distinct distinct ->
                            aggregate(distinct.asAggregate(), from(distinct.input(), "i"));
                    case Plan.Window window -> window(window, from(window.input(), "i"));
                    case Plan.Limit limit -> limit(limit).select(from(limit.input(), "i"));
                    case Plan.Recursive recursive -> recursive(recursive);
                    case Plan.Working working -> working(working);
                    case Plan.Stored node ->
                            stored.apply(node).orElseGet(() -> select(node.operator()));
                };
        UnaryOperator<String> cut = cuts.get(plan);
        return cut == null ? select : cut.apply(select);
    }

    /// `(SELECT ...) AS alias`.
    String from(Plan plan, String alias) {
        return "(" + select(plan) + ") AS " + alias;
    }

    /// An operator with one input over a FROM item that has the columns of its input.
    String over(Plan operator, String from) {
        return switch (operator) {
            case Plan.Aggregate aggregate -> aggregate(aggregate, from);
            case Plan.Window window -> window(window, from);
            case Plan.Limit limit -> limit(limit).select(from);
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Join _,
                    Plan.Distinct _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    throw new IllegalArgumentException("no operator over groups of rows");
        };
    }

    private String join(Plan.Join join) {
        String condition = Expressions.render(join.condition());
        String left = from(join.left(), "l");
        String right = from(join.right(), "r");
        String head = "SELECT " + Expressions.list(join.output()) + " FROM " + left;
        return switch (join.kind()) {
            case INNER, LEFT, FULL ->
                    head + " " + join.kind().name() + " JOIN " + right + " ON " + condition;
            case SEMI -> head + " WHERE EXISTS (SELECT FROM " + right + " WHERE " + condition + ")";
            case ANTI ->
                    head + " WHERE NOT EXISTS (SELECT FROM " + right + " WHERE " + condition + ")";
        };
    }

    /// What follows the input's FROM item.
    static String expansion(Plan.Expand expand) {
        String item =
                " JOIN LATERAL "
                        + Expressions.render(expand.item())
                        + " AS e("
                        + Expressions.list(expand.columns())
                        + ") ON ";
        return " " + expand.kind().name() + item + Expressions.render(expand.condition());
    }

    private String aggregate(Plan.Aggregate aggregate, String from) {
        List<String> targets = new ArrayList<>();
        aggregate
                .keys()
                .forEach(key ->
                        targets.add(
                                switch (purpose) {
                                    case EXECUTE -> Expressions.keyRepresentative(key);
                                    case DESCRIBE -> Identifier.quote(key.name());
                                }));
        aggregate
                .calls()
                .forEach(call ->
                        targets.add(call(call) + " AS " + Identifier.quote(call.result().name())));
        String grouping =
                aggregate.global() ? "" : " GROUP BY " + Expressions.list("i", aggregate.keys());
        return "SELECT " + String.join(", ", targets) + " FROM " + from + grouping;
    }

    /// An aggregate call as SQL.
    static String call(Plan.AggregateCall call) {
        String filter =
                call.filter()
                        .map(column -> " FILTER (WHERE " + Identifier.quote(column.name()) + ")")
                        .orElse("");
        return switch (call.function()) {
            case COUNT_ROWS -> "count(*)" + filter;
            case COUNT -> "count(" + argument(call) + ")" + filter;
            case SUM -> "sum(" + ordered(call) + ")" + filter;
            case AVG -> "avg(" + ordered(call) + ")" + filter;
            case MIN -> "min(" + argument(call) + ")" + filter;
            case MAX -> "max(" + argument(call) + ")" + filter;
            case OTHER -> Expressions.render(call.text().orElseThrow()) + filter;
        };
    }

    private static String ordered(Plan.AggregateCall call) {
        String argument = argument(call);
        boolean floating =
                call.argument()
                        .map(column -> column.type().arithmetic() == Arithmetic.FLOATING)
                        .orElse(false);
        return floating ? argument + " ORDER BY " + argument : argument;
    }

    /// The aggregated column.
    static String argument(Plan.AggregateCall call) {
        return Identifier.quote(call.argument().orElseThrow().name());
    }

    /// The rows reach the window in the order of their images where its own order leaves them tied.
    private String window(Plan.Window window, String from) {
        List<String> targets = new ArrayList<>();
        if (!window.input().output().isEmpty()) {
            targets.add(Expressions.list(window.input().output()));
        }
        window.calls()
                .forEach(call ->
                        targets.add(
                                Expressions.render(call.expression())
                                        + " OVER w AS "
                                        + Identifier.quote(call.column().name())));
        String partition =
                window.partition().isEmpty()
                        ? ""
                        : "PARTITION BY " + Expressions.list(window.partition()) + " ";
        String order =
                window.order().isEmpty()
                        ? ""
                        : "ORDER BY "
                                + RowOrder.keys(window.order()).collect(Collectors.joining(", "))
                                + " ";
        String frame = window.frame().map(Expressions::render).orElse("");
        String sorted =
                Stream.of(
                                window.partition().stream()
                                        .map(column -> Identifier.quote(column.name())),
                                RowOrder.keys(window.order()),
                                RowOrder.tieBreaker(
                                        window.input(), window.partition(), window.order()))
                        .flatMap(it -> it)
                        .collect(Collectors.joining(", "));
        String input =
                sorted.isEmpty() || purpose == Purpose.DESCRIBE
                        ? from
                        : "(SELECT * FROM " + from + " ORDER BY " + sorted + ") AS i";
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + input
                + " WINDOW w AS ("
                + (partition + order + frame).strip()
                + ")";
    }

    /// A limit as a SELECT.
    LimitSql limit(Plan.Limit limit) {
        return new LimitSql(limit, purpose == Purpose.EXECUTE);
    }

    private String recursive(Plan.Recursive recursive) {
        return "WITH RECURSIVE "
                + workingTable(recursive.number())
                + "("
                + Expressions.list(recursive.output())
                + ") AS ("
                + branch(recursive.base(), recursive.output())
                + (recursive.distinct() ? " UNION " : " UNION ALL ")
                + branch(recursive.step(), recursive.output())
                + ") SELECT "
                + Expressions.list(recursive.output())
                + " FROM "
                + workingTable(recursive.number());
    }

    /// The name of the rows of a recursion inside it.
    static String workingTable(int number) {
        return "working_" + number;
    }

    private String working(Plan.Working working) {
        if (purpose == Purpose.DESCRIBE) {
            return "SELECT " + Expressions.nulls(working.output());
        }
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < working.output().size(); i++) {
            targets.add(
                    "w.c"
                            + (working.positions().get(i) + 1)
                            + " AS "
                            + Identifier.quote(working.output().get(i).name()));
        }
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + rounds.getOrDefault(working.number(), workingTable(working.number()))
                + " AS w("
                + columnNumbers(working)
                + ")";
    }

    private static String columnNumbers(Plan.Working working) {
        int last = working.positions().stream().mapToInt(Integer::intValue).max().orElse(0);
        return java.util.stream.IntStream.rangeClosed(1, last + 1)
                .mapToObj(i -> "c" + i)
                .collect(Collectors.joining(", "));
    }

    /// Reads a relation; in place of one that is compared, its snapshot, which may not be there yet
    /// when it is only described.
    private String scan(Plan.Scan scan) {
        boolean stored = scan.relation().compared() && purpose == Purpose.EXECUTE;
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < scan.output().size(); i++) {
            RelationColumn source = scan.sources().get(i);
            String column =
                    stored
                            ? PendingChanges.column(source.number())
                            : Identifier.quote(source.name());
            targets.add("b." + column + " AS " + Identifier.quote(scan.output().get(i).name()));
        }
        String table =
                stored ? SnapshotSql.table(scan.relation()) : SnapshotSql.live(scan.relation());
        return "SELECT " + String.join(", ", targets) + " FROM " + table + " AS b";
    }

    private String branch(Plan branch, List<Column> output) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < output.size(); i++) {
            Column column = branch.output().get(i);
            targets.add(
                    switch (purpose) {
                        case EXECUTE -> Expressions.converted("i", column, output.get(i));
                        case DESCRIBE ->
                                "i."
                                        + Identifier.quote(column.name())
                                        + " AS "
                                        + Identifier.quote(output.get(i).name());
                    });
        }
        return "SELECT " + String.join(", ", targets) + " FROM " + from(branch, "i");
    }

    /// Assignments as a select list.
    static String assignments(List<Plan.Assignment> assignments) {
        return assignments.stream()
                .map(it ->
                        Expressions.render(it.expression())
                                + " AS "
                                + Identifier.quote(it.column().name()))
                .collect(Collectors.joining(", "));
    }
}
