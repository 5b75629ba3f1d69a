package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.CallState.Naming;
import io.pgtrickle.compiler.emit.CallState.Part;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A query that is a grouping, perhaps with expressions over it: its groups are kept in the stream
/// table itself.
///
/// Each stored row is a group. Hidden columns hold the row count, keys that the query does not
/// show, and what the aggregates need. The change of the input is grouped first, so the work
/// follows the change: for each touched group the stored row is found by its access path and
/// updated.
final class GroupedState {
    private final Plan.Aggregate aggregate;
    private final List<Assignment> results;
    private final Map<String, StoredColumn> keys = new LinkedHashMap<>();
    private final Map<String, CallState> calls = new LinkedHashMap<>();
    private final Map<String, StoredColumn> direct = new LinkedHashMap<>();
    private final Storage storage;

    /// @param results the query's columns, in order, as expressions over the aggregate's output
    GroupedState(Plan.Aggregate aggregate, List<Assignment> results) {
        this.aggregate = aggregate;
        this.results = List.copyOf(results);
        List<StoredColumn> hidden = new ArrayList<>();
        hidden.add(
                StoredColumn.hidden(
                        "__pgt_count", TypeFacts.BIGINT, "number of input rows of the group"));
        nameKeys(hidden);
        nameCalls(hidden);
        List<StoredColumn> columns = new ArrayList<>();
        results.forEach(
                it -> columns.add(StoredColumn.result(it.column().name(), it.column().type())));
        columns.addAll(hidden);
        this.storage = new Storage(columns, List.copyOf(keys.values()));
    }

    /// A grouping that shows its own columns.
    static GroupedState of(Plan.Aggregate aggregate) {
        return new GroupedState(
                aggregate,
                aggregate.output().stream()
                        .map(column -> new Assignment(column, new Expr.Ref(column.name())))
                        .toList());
    }

    Storage storage() {
        return storage;
    }

    /// The strategy of each aggregate, by its output column.
    Map<String, CallState.Strategy> strategies() {
        Map<String, CallState.Strategy> named = new LinkedHashMap<>();
        calls.forEach((name, state) -> named.put(name, state.strategy()));
        return named;
    }

    private void nameKeys(List<StoredColumn> hidden) {
        for (Column key : aggregate.keys()) {
            StoredColumn column = shown(key.name(), key.type());
            if (column == null) {
                column =
                        StoredColumn.hidden(
                                "__pgt_key_" + (keys.size() + 1), key.type(), "group key");
                hidden.add(column);
            }
            keys.put(key.name(), column);
        }
    }

    private void nameCalls(List<StoredColumn> hidden) {
        for (Plan.AggregateCall call : aggregate.calls()) {
            int index = calls.size() + 1;
            Column result = call.result();
            StoredColumn shown = shown(result.name(), result.type());
            String label = shown == null ? Integer.toString(index) : shown.name();
            StoredColumn value =
                    shown != null
                            ? shown
                            : StoredColumn.hidden(
                                    "__pgt_agg_" + index,
                                    result.type(),
                                    "aggregate that no column shows");
            CallState state = CallState.of(call, new Naming(index, label, value));
            state.parts().stream()
                    .map(Part::column)
                    .filter(column -> !column.isResult())
                    .forEach(hidden::add);
            if (shown != null
                    && state.parts().stream().noneMatch(part -> part.column().equals(shown))) {
                direct.remove(shown.name());
            }
            calls.put(result.name(), state);
        }
    }

    /// The result column that shows `name` as it is, which can then hold it.
    private @Nullable StoredColumn shown(String name, TypeFacts type) {
        for (Assignment result : results) {
            String shown = result.column().name();
            if (result.expression().equals(new Expr.Ref(name)) && !direct.containsKey(shown)) {
                StoredColumn column = StoredColumn.result(shown, type);
                direct.put(shown, column);
                return column;
            }
        }
        return null;
    }

    /// The keys of the input's rows by their stored names.
    String keys(String alias) {
        return keys.entrySet().stream()
                .map(key ->
                        alias
                                + "."
                                + Identifier.quote(key.getKey())
                                + " AS "
                                + key.getValue().quoted())
                .collect(Collectors.joining(", "));
    }

    private List<Part> parts() {
        return calls.values().stream().flatMap(state -> state.parts().stream()).toList();
    }

    /// The result columns that are computed from the state, over a FROM item with the state by
    /// stored name.
    private List<String> computed() {
        List<String> targets = new ArrayList<>();
        for (Assignment result : results) {
            String name = result.column().name();
            if (!direct.containsKey(name)) {
                targets.add(
                        Expressions.render(result.expression(), this::stored)
                                + " AS "
                                + Identifier.quote(name));
            }
        }
        return targets;
    }

    private String stored(String column) {
        StoredColumn key = keys.get(column);
        if (key != null) {
            return key.quoted();
        }
        CallState state = calls.get(column);
        if (state == null) {
            throw new IllegalStateException("no group column " + column);
        }
        return "(" + state.value() + ")";
    }

    /// A SELECT of all stored columns from the current state of the sources.
    String fresh(PlanSql sql) {
        List<String> state = new ArrayList<>();
        keys.forEach((key, column) ->
                state.add("i." + Identifier.quote(key) + " AS " + column.quoted()));
        state.add("count(*) AS __pgt_count");
        parts().forEach(part -> state.add(part.fresh() + " AS " + part.column().quoted()));
        String inner =
                "SELECT "
                        + String.join(", ", state)
                        + " FROM "
                        + sql.from(aggregate.input(), "i")
                        + grouping("i");
        List<String> targets = new ArrayList<>(List.of("s.*"));
        targets.addAll(computed());
        return "SELECT " + String.join(", ", targets) + " FROM (" + inner + ") AS s";
    }

    private String grouping(String alias) {
        return aggregate.global() ? "" : " GROUP BY " + Expressions.list(alias, aggregate.keys());
    }

    /// The expressions up to `changed` for a change of the aggregate's input.
    ///
    /// @param change a SELECT of the input's columns and a weight
    List<String> expressions(String change, PlanSql now, ApplySql apply) {
        List<String> all = changes(change, false, apply);
        boolean rescans = rescans();
        all.add(apply.named(rescans ? "touched" : "state") + " AS (" + state(rescans, apply) + ")");
        if (rescans) {
            all.add(
                    apply.named("rescanned")
                            + " AS (SELECT "
                            + storedKeys()
                            + " FROM "
                            + apply.named("touched")
                            + " AS s WHERE s.__pgt_rescan)");
            all.add(
                    apply.named("recomputed")
                            + " AS ("
                            + recomputed(now, apply.named("rescanned"))
                            + ")");
            all.add(apply.named("state") + " AS (" + rescannedState(apply) + ")");
        }
        List<String> targets = new ArrayList<>(List.of("s.*"));
        targets.addAll(computed());
        all.add(
                apply.named("changed")
                        + " AS (SELECT "
                        + String.join(", ", targets)
                        + " FROM "
                        + apply.named("state")
                        + " AS s)");
        return all;
    }

    private List<String> changes(String change, boolean single, ApplySql apply) {
        List<String> all = new ArrayList<>();
        all.add(apply.named("input_change") + " AS (" + change + ")");
        all.add(apply.named("g") + " AS (" + groups(single, apply) + ")");
        return all;
    }

    private boolean rescans() {
        return calls.values().stream().anyMatch(state -> state.recomputeWhen().isPresent());
    }

    /// Whether there is one group for everything.
    boolean global() {
        return aggregate.global();
    }

    /// Whether a group can ever be continued from its state.
    boolean continues() {
        return calls.values().stream()
                .noneMatch(state -> state.strategy() == CallState.Strategy.GROUP_RESCAN);
    }

    /// The statement that continues the only touched group, if there is one that is stored, remains
    /// and need not be recomputed.
    ///
    /// @param expressions what `change` needs
    /// @param change a SELECT of the input's columns and a weight
    /// @param single whether that is one row at most
    String continuation(List<String> expressions, String change, boolean single, ApplySql apply) {
        List<String> all = new ArrayList<>(expressions);
        all.addAll(changes(change, single, apply));
        return "WITH "
                + String.join(",\n", all)
                + "\nUPDATE "
                + apply.target().name()
                + " AS o SET "
                + continued()
                + " FROM "
                + apply.named("g")
                + " AS g WHERE "
                + (single ? "" : "(SELECT count(*) FROM " + apply.named("g") + ") = 1 AND ")
                + isStored()
                + " AND "
                + count()
                + (aggregate.global() ? " >= 0" : " > 0")
                + (rescans() ? " AND NOT coalesce(" + recomputeWhen() + ", false)" : "");
    }

    /// The assignments of the new state of the group `g` to the stored row `o`. What is computed
    /// from that state needs all of it at once, which costs more.
    private String continued() {
        Map<String, String> state = new LinkedHashMap<>();
        state.put("__pgt_count", count());
        parts().forEach(part -> state.put(part.column().quoted(), part.merged()));
        List<String> computed = computed();
        if (computed.isEmpty()) {
            return state.entrySet().stream()
                    .map(it -> it.getKey() + " = " + it.getValue())
                    .collect(Collectors.joining(", "));
        }
        List<String> columns = new ArrayList<>(state.keySet());
        List<String> targets =
                new ArrayList<>(columns.stream().map(column -> "s." + column).toList());
        results.stream()
                .map(result -> result.column().name())
                .filter(name -> !direct.containsKey(name))
                .forEach(name -> columns.add(Identifier.quote(name)));
        targets.addAll(computed);
        List<String> values = new ArrayList<>();
        state.forEach((column, value) -> values.add(value + " AS " + column));
        keys.values().forEach(key -> values.add("o." + key.quoted()));
        return "("
                + String.join(", ", columns)
                + ") = (SELECT "
                + String.join(", ", targets)
                + " FROM (SELECT "
                + String.join(", ", values)
                + ") AS s)";
    }

    /// Counts the groups that lost more rows than they had.
    String broken(String prefix) {
        return "(SELECT count(*) FROM " + prefix + "state WHERE __pgt_count < 0)";
    }

    /// Counts the groups that are computed from the sources.
    String reread() {
        return rescans() ? "(SELECT count(*) FROM rescanned)" : "0";
    }

    /// @param single whether there is no more than one row
    private String groups(boolean single, ApplySql apply) {
        List<String> targets = new ArrayList<>();
        aggregate.keys().forEach(key -> targets.add("i." + Identifier.quote(key.name())));
        Stream.concat(
                        Stream.of(CallState.sumOfWeights("__pgt_n", "true")),
                        calls.values().stream().flatMap(state -> state.changes().stream()))
                .map(it -> single ? it.ofRow() : it.ofRows())
                .forEach(targets::add);
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + apply.named("input_change")
                + " AS i"
                + (single ? "" : grouping("i"));
    }

    private String groupsWithState(ApplySql apply) {
        return apply.named("g")
                + " AS g LEFT JOIN "
                + apply.target().name()
                + " AS o ON "
                + isStored();
    }

    /// The condition that `o` is the stored row of the group `g`.
    private String isStored() {
        String rowId = Expressions.rowId(aggregate.keys(), name -> "g." + Identifier.quote(name));
        String condition =
                keys.entrySet().stream()
                        .map(entry -> same(entry.getKey(), entry.getValue()))
                        .collect(Collectors.joining(" AND "));
        return "o."
                + Storage.ROW_ID
                + " = "
                + rowId
                + (condition.isEmpty() ? "" : " AND " + condition);
    }

    private String same(String key, StoredColumn column) {
        Column side =
                aggregate.keys().stream()
                        .filter(it -> it.name().equals(key))
                        .findFirst()
                        .orElseThrow();
        return Expressions.sameValue(side, "o." + column.quoted(), "g." + Identifier.quote(key));
    }

    private String storedKeys() {
        List<String> targets = new ArrayList<>();
        keys.forEach((key, column) ->
                targets.add("s." + column.quoted() + " AS " + Identifier.quote(key)));
        return targets.isEmpty() ? "1 AS __pgt_all" : String.join(", ", targets);
    }

    private static String count() {
        return "coalesce(o.__pgt_count, 0) + g.__pgt_n";
    }

    private String recomputeWhen() {
        return calls.values().stream()
                .flatMap(state -> state.recomputeWhen().stream())
                .distinct()
                .collect(Collectors.joining(" OR "));
    }

    private String recomputed(PlanSql now, String rescanned) {
        List<String> targets = new ArrayList<>();
        aggregate.keys().forEach(key -> targets.add("i." + Identifier.quote(key.name())));
        targets.add("true AS __pgt_hit");
        parts().forEach(part -> targets.add(part.fresh() + " AS " + part.column().quoted()));
        String head = "SELECT " + String.join(", ", targets) + " FROM ";
        if (aggregate.global()) {
            String any = "(SELECT count(*) FROM " + rescanned + ") > 0";
            return head + now.from(aggregate.input(), "i") + " WHERE " + any + " HAVING " + any;
        }
        return head
                + "("
                + AffectedRows.select(
                        now,
                        aggregate.input(),
                        AffectedRows.Match.byName(aggregate.keys()),
                        rescanned)
                + ") AS i"
                + grouping("i");
    }

    /// The new state of the touched groups. What cannot be continued is left NULL: those groups are
    /// marked to be recomputed. A key is as stored where the group exists, so that its
    /// representative does not change.
    private String state(boolean rescans, ApplySql apply) {
        List<String> targets = new ArrayList<>(apply.target().place("o"));
        targets.add(
                aggregate.global() ? "true AS __pgt_live" : "(" + count() + " > 0) AS __pgt_live");
        targets.add(
                Expressions.rowId(aggregate.keys(), name -> "g." + Identifier.quote(name))
                        + " AS "
                        + Storage.ROW_ID);
        keys.forEach((key, column) ->
                targets.add(
                        "CASE WHEN o.ctid IS NULL THEN g."
                                + Identifier.quote(key)
                                + " ELSE o."
                                + column.quoted()
                                + " END AS "
                                + column.quoted()));
        targets.add(count() + " AS __pgt_count");
        for (Part part : parts()) {
            String merged =
                    rescans
                            ? "CASE WHEN NOT w.__pgt_rescan THEN " + part.merged() + " END"
                            : part.merged();
            targets.add(merged + " AS " + part.column().quoted());
        }
        targets.addAll(apply.oldValues("o"));
        String from = groupsWithState(apply);
        if (rescans) {
            targets.add("w.__pgt_rescan");
            from +=
                    " CROSS JOIN LATERAL (SELECT coalesce("
                            + (aggregate.global() ? "" : count() + " > 0 AND ")
                            + "("
                            + recomputeWhen()
                            + "), false) AS __pgt_rescan) AS w";
        }
        return "SELECT " + String.join(", ", targets) + " FROM " + from;
    }

    /// The casts give a column its domain back, which any_value and a CASE without ELSE lose.
    private String rescannedState(ApplySql apply) {
        List<String> targets = new ArrayList<>(apply.target().placed("s"));
        targets.add("s.__pgt_live");
        targets.add("s." + Storage.ROW_ID);
        keys.values().forEach(column -> targets.add("s." + column.quoted()));
        targets.add("s.__pgt_count");
        for (Part part : parts()) {
            String column = part.column().quoted();
            targets.add(
                    "CAST(CASE WHEN r.__pgt_hit THEN r."
                            + column
                            + " ELSE s."
                            + column
                            + " END AS "
                            + part.column().type().sqlName()
                            + ") AS "
                            + column);
        }
        apply.oldNames().forEach(name -> targets.add("s." + name));
        String condition =
                aggregate.keys().stream()
                        .map(key ->
                                Expressions.sameValue(
                                        key,
                                        "r." + Identifier.quote(key.name()),
                                        "s." + stored(key.name())))
                        .collect(Collectors.joining(" AND "));
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + apply.named("touched")
                + " AS s LEFT JOIN "
                + apply.named("recomputed")
                + " AS r ON "
                + (condition.isEmpty() ? "s.__pgt_rescan" : "s.__pgt_rescan AND " + condition);
    }
}
