package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts.Equality;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The rows of a plan's result whose keys occur in a set of keys: the plan semi-joined with the
/// keys.
///
/// PostgreSQL moves the semi-join through projections, filters and joins by itself, but not below
/// groupings, windows and limits; there it is put by hand when the keys are part of what the
/// operator works by.
final class AffectedRows {
    private final String relation;
    private final IdentityHashMap<Plan, UnaryOperator<String>> cuts = new IdentityHashMap<>();

    private AffectedRows(String relation) {
        this.relation = relation;
    }

    /// A column of the restricted plan and the column of the set of keys that it must equal.
    record Match(Column column, String key) {
        static List<Match> byName(List<Column> columns) {
            return columns.stream().map(column -> new Match(column, column.name())).toList();
        }
    }

    /// Whether PostgreSQL would compute all of a plan's result where only some rows are asked for.
    static boolean wouldCompute(Plan plan) {
        return switch (plan) {
            case Plan.Stored _, Plan.Scan _, Plan.Constant _, Plan.Working _ -> false;
            case Plan.Aggregate _, Plan.Distinct _, Plan.Window _, Plan.Limit _, Plan.Recursive _ ->
                    true;
            case Plan.Filter _, Plan.Project _, Plan.Expand _, Plan.UnionAll _, Plan.Join _ ->
                    plan.children().stream().anyMatch(AffectedRows::wouldCompute);
        };
    }

    /// The columns of a plan that a condition equates with columns of the other side.
    static List<Match> equated(Plan plan, List<Column> others, Expr condition) {
        Set<String> names = others.stream().map(Column::name).collect(Collectors.toSet());
        List<Match> matches = new ArrayList<>();
        for (Column column : plan.output()) {
            condition.conjuncts().stream()
                    .flatMap(it -> it.equated().stream())
                    .filter(pair -> pair.contains(column.name()))
                    .map(pair ->
                            pair.getFirst().equals(column.name())
                                    ? pair.getLast()
                                    : pair.getFirst())
                    .filter(names::contains)
                    .findFirst()
                    .ifPresent(other -> matches.add(new Match(column, other)));
        }
        return matches;
    }

    /// Selects the rows of `input` that match a row of `relation`, NULL being equal to NULL.
    static String select(PlanSql sql, Plan input, List<Match> matches, String relation) {
        AffectedRows rows = new AffectedRows(relation);
        Map<String, String> keys = new LinkedHashMap<>();
        matches.forEach(match -> keys.put(match.column().name(), match.key()));
        rows.sink(input, keys);
        String select = sql.cutting(rows.cuts).select(input);
        return rows.restricted(select, input.output(), matches);
    }

    /// `IN` lets the planner use indexes and hashes but never matches NULL. Keys with a NULL in
    /// them get a branch of their own, which is not even started when there are none.
    private String restricted(String select, List<Column> output, List<Match> matches) {
        String head =
                "SELECT " + Expressions.list("i", output) + " FROM (" + select + ") AS i WHERE ";
        if (matches.stream()
                .anyMatch(it -> it.column().type().equality() == Equality.OF_EXTENSION)) {
            return head + exists(matches, "true");
        }
        String plain = head + in(matches, "true");
        List<Match> nullable =
                matches.stream()
                        .filter(it -> it.column().nullability() == Nullability.NULLABLE)
                        .toList();
        if (nullable.isEmpty()) {
            return plain;
        }
        String isNull =
                nullable.stream()
                        .map(it -> "k." + Identifier.quote(it.key()) + " IS NULL")
                        .collect(Collectors.joining(" OR ", "(", ")"));
        return plain
                + "\n  UNION ALL "
                + head
                + "(SELECT count(*) FROM "
                + relation
                + " AS k WHERE "
                + isNull
                + ") > 0 AND "
                + among(matches.stream().filter(it -> !nullable.contains(it)).toList(), isNull)
                + exists(matches, isNull);
    }

    /// `IN` over those columns of the keys that are never NULL, if there are any.
    private String among(List<Match> matches, String condition) {
        return matches.isEmpty() ? "" : in(matches, condition) + " AND ";
    }

    private String in(List<Match> matches, String condition) {
        return "("
                + Expressions.list("i", matches.stream().map(Match::column).toList())
                + ") IN (SELECT "
                + matches.stream()
                        .map(it -> "k." + Identifier.quote(it.key()))
                        .collect(Collectors.joining(", "))
                + " FROM "
                + relation
                + " AS k WHERE "
                + condition
                + ")";
    }

    private String exists(List<Match> matches, String condition) {
        return "EXISTS (SELECT FROM "
                + relation
                + " AS k WHERE "
                + condition
                + " AND "
                + matches.stream()
                        .map(it ->
                                Expressions.sameValue(
                                        it.column(),
                                        "i." + Identifier.quote(it.column().name()),
                                        "k." + Identifier.quote(it.key())))
                        .collect(Collectors.joining(" AND "))
                + ")";
    }

    private void sink(Plan plan, Map<String, String> keys) {
        if (keys.isEmpty()) {
            return;
        }
        switch (plan) {
            case Plan.Scan _, Plan.Constant _, Plan.Working _, Plan.Recursive _, Plan.Stored _ -> {}
            case Plan.Filter filter -> sink(filter.input(), keys);
            case Plan.Expand expand -> sink(expand.input(), within(keys, expand.input()));
            case Plan.Project project -> sink(project.input(), below(keys, project));
            case Plan.UnionAll union ->
                    union.branches().forEach(branch -> sink(branch, renamed(keys, union, branch)));
            case Plan.Join join -> sinkIntoJoin(join, keys);
            case Plan.Aggregate aggregate -> cut(aggregate.input(), keys, aggregate.keys());
            case Plan.Distinct distinct -> cut(distinct.input(), keys, distinct.output());
            case Plan.Window window -> cut(window.input(), keys, window.partition());
            case Plan.Limit limit -> cut(limit.input(), keys, limit.partition());
        }
    }

    private void cut(Plan input, Map<String, String> keys, List<Column> allowed) {
        List<Match> matches =
                allowed.stream()
                        .flatMap(column ->
                                Stream.ofNullable(keys.get(column.name()))
                                        .map(key -> new Match(column, key)))
                        .toList();
        if (!matches.isEmpty()) {
            cuts.put(input, select -> restricted(select, input.output(), matches));
            Map<String, String> remaining = new LinkedHashMap<>();
            matches.forEach(match -> remaining.put(match.column().name(), match.key()));
            sink(input, remaining);
        }
    }

    /// A column that an equality joins to a key is a key as well.
    private void sinkIntoJoin(Plan.Join join, Map<String, String> keys) {
        Map<String, String> left = within(keys, join.left());
        Map<String, String> right =
                join.kind().showsRight() ? within(keys, join.right()) : new LinkedHashMap<>();
        Set<String> lefts = Set.copyOf(join.left().outputNames());
        for (Expr conjunct : join.condition().conjuncts()) {
            conjunct.equated()
                    .ifPresent(pair -> {
                        String one =
                                lefts.contains(pair.getFirst()) ? pair.getFirst() : pair.getLast();
                        String other =
                                one.equals(pair.getFirst()) ? pair.getLast() : pair.getFirst();
                        if (lefts.contains(one) && !lefts.contains(other)) {
                            transfer(left, one, right, other);
                            if (join.kind() == Plan.Join.Kind.INNER) {
                                transfer(right, other, left, one);
                            }
                        }
                    });
        }
        switch (join.kind()) {
            case INNER -> {
                sink(join.left(), left);
                sink(join.right(), right);
            }
            case LEFT -> {
                right.keySet().removeIf(column -> keys.containsKey(column));
                sink(join.left(), left);
                sink(join.right(), right);
            }
            case SEMI, ANTI -> {
                sink(join.left(), left);
                sink(join.right(), right);
            }
            case FULL -> {}
        }
    }

    private static void transfer(
            Map<String, String> from, String column, Map<String, String> to, String other) {
        if (from.containsKey(column)) {
            to.putIfAbsent(other, from.get(column));
        }
    }

    private static Map<String, String> within(Map<String, String> keys, Plan plan) {
        Map<String, String> kept = new LinkedHashMap<>(keys);
        kept.keySet().retainAll(plan.outputNames());
        return kept;
    }

    private static Map<String, String> below(Map<String, String> keys, Plan.Project project) {
        Map<String, String> renamed = new LinkedHashMap<>();
        project.assignments()
                .forEach(it -> {
                    String key = keys.get(it.column().name());
                    if (key != null && it.expression() instanceof Expr.Ref(String column)) {
                        renamed.putIfAbsent(column, key);
                    }
                });
        return renamed;
    }

    private static Map<String, String> renamed(
            Map<String, String> keys, Plan.UnionAll union, Plan branch) {
        Map<String, String> renamed = new LinkedHashMap<>();
        List<Column> columns = new ArrayList<>(union.output());
        for (int i = 0; i < columns.size(); i++) {
            String key = keys.get(columns.get(i).name());
            if (key != null
                    && columns.get(i)
                            .type()
                            .sqlName()
                            .equals(branch.output().get(i).type().sqlName())) {
                renamed.put(branch.output().get(i).name(), key);
            }
        }
        return renamed;
    }
}
