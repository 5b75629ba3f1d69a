package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.NamedQuery;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.QueryParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Builds the FROM clause of one SELECT.
final class FromBuilder {
    private final PlanBuilder builder;
    private final Map<String, NamedQuery> environment;

    FromBuilder(PlanBuilder builder, Map<String, NamedQuery> environment) {
        this.builder = builder;
        this.environment = environment;
    }

    /// Joined FROM items and what can be named in them.
    record Joined(Plan plan, Scope scope) {}

    Joined from(List<FromItem> items) {
        if (items.isEmpty()) {
            return new Joined(new Plan.Constant(List.of()), new Scope(List.of()));
        }
        Joined all = item(items.getFirst());
        for (FromItem next : items.subList(1, items.size())) {
            Joined right = item(next);
            all =
                    new Joined(
                            new Plan.Join(
                                    Plan.Join.Kind.INNER, all.plan(), right.plan(), Expr.always()),
                            all.scope().and(right.scope()));
        }
        return all;
    }

    private Joined item(FromItem item) {
        return switch (item) {
            case FromItem.Relation relation -> relation(relation);
            case FromItem.SubSelect sub -> subSelect(sub);
            case FromItem.Join join -> join(join);
            case FromItem.Other(Query.Clause clause, _) ->
                    throw new UnsupportedConstruct(
                            clause.construct(),
                            "The query reads " + clause.construct() + " in FROM.");
        };
    }

    private Joined subSelect(FromItem.SubSelect sub) {
        if (sub.lateral() == Query.Lateral.YES) {
            throw new UnsupportedConstruct("LATERAL", "The query has a LATERAL sub-query.");
        }
        Built built = builder.query(sub.query(), environment, Optional.empty());
        return named(built, sub.alias(), sub.columnAliases());
    }

    private static Joined named(Built built, Optional<String> alias, List<String> columnAliases) {
        Scope.Source source = built.source(alias).renamed(alias, columnAliases);
        return new Joined(built.plan(), Scope.of(source));
    }

    private Joined relation(FromItem.Relation item) {
        item.clauses().stream()
                .filter(clause -> !clause.construct().equals("ONLY"))
                .findFirst()
                .ifPresent(clause -> {
                    throw new UnsupportedConstruct(
                            clause.construct(),
                            "The query reads " + item.name() + " with " + clause.construct() + ".");
                });
        Optional<String> alias = Optional.of(item.alias().orElse(item.name()));
        NamedQuery named = item.schema().isEmpty() ? environment.get(item.name()) : null;
        if (named != null) {
            Built built = new FromBuilder(builder, named.environment()).named(named);
            return named(built, alias, aliases(named.columnAliases(), item.columnAliases()));
        }
        String schema = item.schema().orElse("pg_catalog");
        Relation relation =
                builder.analysis()
                        .relation(schema, item.name())
                        .orElseThrow(() ->
                                new UnsupportedConstruct(
                                        "relation " + item.name(),
                                        "The relation "
                                                + schema
                                                + "."
                                                + item.name()
                                                + " is not known."));
        return switch (relation.kind()) {
            case TABLE, STREAM_TABLE -> scan(relation, alias, item.columnAliases());
            case VIEW -> view(relation, alias, item.columnAliases());
            case PARTITIONED_TABLE,
                    INHERITANCE_PARENT,
                    MATERIALIZED_VIEW,
                    FOREIGN_TABLE,
                    SYSTEM_TABLE,
                    OTHER ->
                    throw new UnsupportedConstruct(
                            describe(relation.kind()), notCaptured(relation));
        };
    }

    private static List<String> aliases(List<String> inner, List<String> outer) {
        List<String> merged = new ArrayList<>(outer);
        for (int i = outer.size(); i < inner.size(); i++) {
            merged.add(inner.get(i));
        }
        return merged;
    }

    private Built named(NamedQuery query) {
        return builder.query(query.query(), query.environment(), Optional.empty());
    }

    private static String describe(Relation.Kind kind) {
        return kind.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }

    private static String notCaptured(Relation relation) {
        return "Changes of "
                + relation.displayName()
                + ", a "
                + describe(relation.kind())
                + ", cannot be captured.";
    }

    private Joined scan(Relation relation, Optional<String> alias, List<String> columnAliases) {
        if (relation.columns().isEmpty()) {
            throw new UnsupportedConstruct(
                    "table without columns",
                    "The table " + relation.displayName() + " has no column to capture.");
        }
        List<Column> output = new ArrayList<>();
        List<Scope.Visible> visible = new ArrayList<>();
        for (Relation.RelationColumn column : relation.columns()) {
            Column named =
                    new Column(
                            builder.names().fresh(column.name()),
                            column.type(),
                            column.nullability());
            output.add(named);
            visible.add(new Scope.Visible(column.name(), named));
        }
        Plan scan = new Plan.Scan(relation, output, relation.columns());
        return new Joined(
                scan, Scope.of(new Scope.Source(alias, visible).renamed(alias, columnAliases)));
    }

    private Joined view(Relation relation, Optional<String> alias, List<String> columnAliases) {
        Query definition = QueryParser.parse(relation.viewDefinition().orElseThrow());
        Built built = builder.query(definition, Map.of(), Optional.empty());
        List<String> names =
                relation.columns().stream().map(Relation.RelationColumn::name).toList();
        return named(new Built(built.plan(), names), alias, columnAliases);
    }

    private Joined join(FromItem.Join join) {
        Joined left = item(join.left());
        Joined right = item(join.right());
        Scope both = left.scope().and(right.scope());
        Expr condition =
                switch (join.condition()) {
                    case JoinCondition.None _ -> Expr.always();
                    case JoinCondition.On(var predicate) ->
                            builder.expressions().build(predicate, both);
                    case JoinCondition.Using(List<String> columns, _) ->
                            using(columns, left.scope(), right.scope());
                };
        Joined joined =
                switch (join.type()) {
                    case INNER, CROSS ->
                            new Joined(
                                    new Plan.Join(
                                            Plan.Join.Kind.INNER,
                                            left.plan(),
                                            right.plan(),
                                            condition),
                                    both);
                    case LEFT ->
                            new Joined(
                                    new Plan.Join(
                                            Plan.Join.Kind.LEFT,
                                            left.plan(),
                                            right.plan(),
                                            condition),
                                    left.scope().and(right.scope().nullable()));
                    case RIGHT ->
                            new Joined(
                                    new Plan.Join(
                                            Plan.Join.Kind.LEFT,
                                            right.plan(),
                                            left.plan(),
                                            condition),
                                    left.scope().nullable().and(right.scope()));
                    case FULL ->
                            throw new UnsupportedConstruct(
                                    "FULL JOIN", "The query has a FULL JOIN.");
                };
        if (join.alias().isEmpty()) {
            return joined;
        }
        Scope.Source source = joined.scope().flattened(join.alias(), join.columnAliases());
        return new Joined(joined.plan(), Scope.of(source));
    }

    private static Expr using(List<String> columns, Scope left, Scope right) {
        Expr condition = Expr.always();
        for (String name : columns) {
            Expr equal =
                    Expr.binary(
                            new Expr.Ref(left.resolve(Optional.empty(), name).name()),
                            "=",
                            new Expr.Ref(right.resolve(Optional.empty(), name).name()));
            condition = Expr.and(condition, equal);
        }
        return condition;
    }
}
