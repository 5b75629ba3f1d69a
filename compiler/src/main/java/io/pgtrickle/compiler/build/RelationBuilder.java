package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.FromBuilder.Joined;
import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.QueryParser;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// Builds the relations of a FROM clause. One thread.
final class RelationBuilder {
    private final PlanBuilder builder;
    private final Environment environment;

    RelationBuilder(PlanBuilder builder, Environment environment) {
        this.builder = builder;
        this.environment = environment;
    }

    /// The rows of a relation, or of a common table expression of that name.
    Joined build(FromItem.Relation item) {
        item.clauses().stream()
                .filter(clause -> !clause.construct().equals("ONLY"))
                .findFirst()
                .ifPresent(clause -> {
                    throw new UnsupportedConstruct(
                            clause.construct(),
                            "The query reads " + item.name() + " with " + clause.construct() + ".");
                });
        Optional<String> alias = Optional.of(item.alias().orElse(item.name()));
        Optional<PlanBuilder.Named> named =
                item.schema().isEmpty() ? environment.get(item.name()) : Optional.empty();
        if (named.isPresent()) {
            return Joined.of(builder.named(named.get()), alias, item.columnAliases());
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
        boolean only = only(item);
        return switch (relation.kind()) {
            case STREAM_TABLE, MATERIALIZED_VIEW -> scan(relation, alias, item.columnAliases());
            case TABLE, INHERITANCE_PARENT, FOREIGN_TABLE ->
                    scan(only ? relation.withoutChildren() : relation, alias, item.columnAliases());
            case PARTITIONED_TABLE -> {
                if (only) {
                    throw new UnsupportedConstruct(
                            "ONLY of a partitioned table",
                            "All rows of "
                                    + relation.displayName()
                                    + " are in its partitions; ONLY leaves them out.");
                }
                yield scan(relation, alias, item.columnAliases());
            }
            case VIEW -> view(relation, alias, item.columnAliases());
            case SYSTEM_TABLE, OTHER ->
                    throw new UnsupportedConstruct(
                            describe(relation.kind()), notCaptured(relation));
        };
    }

    private static boolean only(FromItem.Relation item) {
        return item.clauses().stream().anyMatch(clause -> clause.construct().equals("ONLY"));
    }

    /// Whether all rows that an item reads of a relation are stored in the relation itself.
    static boolean hasOneTable(FromItem.Relation item, Relation relation) {
        return switch (relation.kind()) {
            case TABLE, STREAM_TABLE, MATERIALIZED_VIEW -> true;
            case INHERITANCE_PARENT -> only(item);
            case PARTITIONED_TABLE, FOREIGN_TABLE, VIEW, SYSTEM_TABLE, OTHER -> false;
        };
    }

    private static String describe(Relation.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
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
        builder.requireFewScans();
        Plan scan = new Plan.Scan(relation, output, relation.columns());
        return Joined.of(scan, new Scope.Source(alias, visible).renamed(alias, columnAliases));
    }

    private Joined view(Relation relation, Optional<String> alias, List<String> columnAliases) {
        Query definition = QueryParser.parse(relation.viewDefinition().orElseThrow());
        Built built =
                builder.query(definition, Environment.empty(), Optional.empty(), Optional.empty());
        List<String> names =
                relation.columns().stream().map(Relation.RelationColumn::name).toList();
        return Joined.of(new Built(built.plan(), names, List.of()), alias, columnAliases);
    }
}
