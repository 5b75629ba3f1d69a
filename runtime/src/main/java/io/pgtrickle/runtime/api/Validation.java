package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.runtime.refresh.Definition;
import java.util.LinkedHashSet;
import java.util.Set;

/// What `validate_query` says of a query: the mode, what stands in the way of a better one, and
/// what the query is made of.
record Validation(Definition definition) {

    private record Finding(String check, String result, String severity) {}

    ArrayNode rows() {
        Set<Finding> findings = new LinkedHashSet<>();
        findings.add(new Finding("resolved_refresh_mode", definition.mode(), "INFO"));
        definition
                .fullReason()
                .ifPresent(it ->
                        findings.add(new Finding("unsupported_construct", it.reason(), "WARNING")));
        for (Relation relation : definition.analysis().relations()) {
            if (relation.kind() == Relation.Kind.MATERIALIZED_VIEW
                    || relation.kind() == Relation.Kind.FOREIGN_TABLE) {
                findings.add(
                        new Finding(
                                "matview_or_foreign_table",
                                relation.displayName() + " is compared with a stored snapshot",
                                "INFO"));
            }
        }
        definition.query().plan().ifPresent(plan -> collect(plan, findings));
        definition
                .query()
                .strategies()
                .forEach((column, strategy) ->
                        findings.add(new Finding("aggregate", column + ": " + strategy, "INFO")));
        Queries.warnings(definition, RefreshMode.AUTO)
                .forEach(it -> findings.add(new Finding("parse_warning", it, "WARNING")));
        ArrayNode rows = JsonNodeFactory.instance.arrayNode();
        findings.forEach(it ->
                rows.addObject()
                        .put("check_name", it.check())
                        .put("result", it.result())
                        .put("severity", it.severity()));
        return rows;
    }

    private static void collect(Plan plan, Set<Finding> findings) {
        switch (plan) {
            case Plan.Join join -> findings.add(info("join", join(join.kind())));
            case Plan.Distinct _ -> findings.add(info("set_op", "DISTINCT"));
            case Plan.UnionAll _ -> findings.add(info("set_op", "UNION_ALL"));
            case Plan.Window _ -> findings.add(info("window_function", "WINDOW"));
            case Plan.Limit _ -> findings.add(info("topk_pattern", "LIMIT"));
            case Plan.Expand _ -> findings.add(info("lateral", "FUNCTION"));
            case Plan.Recursive _ -> findings.add(info("recursive_cte", "RECURSIVE"));
            case Plan.Aggregate _ -> findings.add(info("aggregate", "GROUP BY"));
            case Plan.Scan _, Plan.Constant _, Plan.Filter _, Plan.Project _ -> {}
            case Plan.Working _, Plan.Stored _ -> {}
        }
        plan.children().forEach(it -> collect(it, findings));
    }

    private static String join(Plan.Join.Kind kind) {
        return switch (kind) {
            case INNER, SEMI, ANTI -> kind.name();
            case LEFT -> "LEFT_OUTER";
            case FULL -> "FULL_OUTER";
        };
    }

    private static Finding info(String check, String result) {
        return new Finding(check, result, "INFO");
    }
}
