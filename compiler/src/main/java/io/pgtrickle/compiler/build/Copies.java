package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A second instance of a plan, with columns of its own.
final class Copies {
    private final Map<String, String> renamed = new HashMap<>();

    private Copies(Plan plan, Names names) {
        plan.operators()
                .flatMap(it -> it.output().stream())
                .forEach(column ->
                        renamed.computeIfAbsent(
                                column.name(), name -> names.fresh(Names.stem(name))));
    }

    /// A copy and what the columns of the original are called in it.
    record Copy(Plan plan, Map<String, String> names) {
        String name(Column column) {
            return names.getOrDefault(column.name(), column.name());
        }
    }

    static Copy of(Plan plan, Names names) {
        Copies copies = new Copies(plan, names);
        return new Copy(copies.copy(plan), Map.copyOf(copies.renamed));
    }

    private String name(String column) {
        return renamed.getOrDefault(column, column);
    }

    private Column column(Column column) {
        return new Column(name(column.name()), column.type(), column.nullability());
    }

    private List<Column> columns(List<Column> columns) {
        return columns.stream().map(this::column).toList();
    }

    private Expr expr(Expr expr) {
        return expr.replace(this::name);
    }

    private Optional<Expr> expr(Optional<Expr> expr) {
        return expr.map(this::expr);
    }

    private List<Assignment> assignments(List<Assignment> assignments) {
        return assignments.stream()
                .map(it -> new Assignment(column(it.column()), expr(it.expression())))
                .toList();
    }

    private List<Plan.SortKey> order(List<Plan.SortKey> order) {
        return order.stream()
                .map(key -> new Plan.SortKey(column(key.column()), key.direction()))
                .toList();
    }

    private Plan copy(Plan plan) {
        return switch (plan) {
            case Plan.Scan scan ->
                    new Plan.Scan(scan.relation(), columns(scan.output()), scan.sources());
            case Plan.Constant constant -> new Plan.Constant(assignments(constant.assignments()));
            case Plan.Filter it -> new Plan.Filter(copy(it.input()), expr(it.predicate()));
            case Plan.Project it ->
                    new Plan.Project(copy(it.input()), assignments(it.assignments()));
            case Plan.Expand it ->
                    new Plan.Expand(
                            copy(it.input()),
                            it.kind(),
                            expr(it.item()),
                            columns(it.columns()),
                            expr(it.condition()));
            case Plan.UnionAll it ->
                    new Plan.UnionAll(
                            it.branches().stream().map(this::copy).toList(), columns(it.output()));
            case Plan.Join it ->
                    new Plan.Join(
                            it.kind(), copy(it.left()), copy(it.right()), expr(it.condition()));
            case Plan.Aggregate it ->
                    new Plan.Aggregate(
                            copy(it.input()),
                            columns(it.keys()),
                            it.calls().stream().map(this::call).toList());
            case Plan.Distinct it -> new Plan.Distinct(copy(it.input()));
            case Plan.Window it ->
                    new Plan.Window(
                            copy(it.input()),
                            columns(it.partition()),
                            order(it.order()),
                            expr(it.frame()),
                            assignments(it.calls()));
            case Plan.Limit it ->
                    new Plan.Limit(
                            copy(it.input()),
                            columns(it.partition()),
                            order(it.order()),
                            it.count(),
                            it.offset(),
                            it.ties());
            case Plan.Recursive it ->
                    new Plan.Recursive(
                            it.number(),
                            copy(it.base()),
                            copy(it.step()),
                            it.distinct(),
                            columns(it.output()));
            case Plan.Working it ->
                    new Plan.Working(it.number(), columns(it.output()), it.positions());
            case Plan.Stored it -> new Plan.Stored(it.number(), copy(it.operator()));
        };
    }

    Plan.AggregateCall call(Plan.AggregateCall call) {
        return new Plan.AggregateCall(
                column(call.result()),
                call.function(),
                call.argument().map(this::column),
                call.filter().map(this::column),
                expr(call.text()));
    }
}
