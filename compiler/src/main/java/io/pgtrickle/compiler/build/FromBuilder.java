package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Enclosing;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.Query.JoinType;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Builds the FROM clause of one SELECT.
final class FromBuilder {
    private static final String TABLE_OID = "tableoid";

    private final PlanBuilder builder;
    private final Environment environment;
    private final Optional<Enclosing> enclosing;
    private final String select;

    /// @param select the SELECT as text, to find out which whole rows it uses
    FromBuilder(
            PlanBuilder builder,
            Environment environment,
            Optional<Enclosing> enclosing,
            String select) {
        this.builder = builder;
        this.environment = environment;
        this.enclosing = enclosing;
        this.select = select;
    }

    /// Joined FROM items, what can be named in them, and their columns in order.
    record Joined(Plan plan, Scope scope, List<Scope.Visible> columns) {
        Joined {
            columns = List.copyOf(columns);
        }

        static Joined of(Plan plan, Scope.Source source) {
            return new Joined(plan, Scope.of(source), source.columns());
        }

        static Joined of(Built built, Optional<String> alias, List<String> columnAliases) {
            return of(built.plan(), built.source(alias).renamed(alias, columnAliases));
        }
    }

    Joined from(List<FromItem> items) {
        if (items.isEmpty()) {
            return new Joined(new Plan.Constant(List.of()), Scope.empty(), List.of());
        }
        Joined all = item(items.getFirst(), enclosing);
        for (FromItem next : items.subList(1, items.size())) {
            Joined right = item(next, Optional.of(beside(all, enclosing)));
            all =
                    new Joined(
                            joined(
                                    JoinType.INNER,
                                    all.plan(),
                                    right.plan(),
                                    Expr.always(),
                                    enclosing),
                            all.scope().and(right.scope()),
                            both(all, right));
        }
        return all;
    }

    private static List<Scope.Visible> both(Joined left, Joined right) {
        return Stream.concat(left.columns().stream(), right.columns().stream()).toList();
    }

    /// What a LATERAL item beside `left` sees.
    private Enclosing beside(Joined left, Optional<Enclosing> around) {
        Rows rows = builder.rows(left.plan(), around);
        return new Enclosing(rows, left.scope().inside(around.map(Enclosing::scope)));
    }

    private Joined item(FromItem item, Optional<Enclosing> lateral) {
        return switch (item) {
            case FromItem.Relation relation ->
                    withTableOid(
                            wholeRow(
                                    new RelationBuilder(builder, environment).build(relation),
                                    Optional.of(relation),
                                    enclosing),
                            relation);
            case FromItem.SubSelect sub -> {
                Optional<Enclosing> around =
                        sub.lateral() == Query.Lateral.YES ? lateral : enclosing;
                yield wholeRow(subSelect(sub, around), Optional.empty(), around);
            }
            case FromItem.Join join -> join(join, lateral);
            case FromItem.Rows rows -> {
                Optional<Enclosing> around =
                        rows.lateral() == Query.Lateral.YES ? lateral : enclosing;
                yield wholeRow(rows(rows, around), Optional.empty(), around);
            }
        };
    }

    /// Adds the whole row as a column where somebody uses it: a value of the relation's row type,
    /// or a record with the columns' names.
    private Joined wholeRow(
            Joined item, Optional<FromItem.Relation> relation, Optional<Enclosing> around) {
        Scope.Source source = item.scope().sources().getFirst();
        String alias = source.alias().orElse("");
        if (!select.contains("WholeRow[relation=" + alias + "]")) {
            return item;
        }
        List<Expr> fields =
                source.columns().stream()
                        .map(it -> (Expr) new Expr.Ref(it.column().name()))
                        .toList();
        Optional<Relation> table = relation.flatMap(this::named);
        ExpressionBuilder.Splice row;
        if (table.isPresent()) {
            row = new ExpressionBuilder.Splice("CAST(ROW(");
            for (int i = 0; i < fields.size(); i++) {
                row.text(i == 0 ? "" : ", ");
                row.expr(fields.get(i));
            }
            row.text(") AS " + Identifier.quote(table.get().schema(), table.get().name()) + ")");
        } else {
            String name = unused(source.columns());
            row = new ExpressionBuilder.Splice("(SELECT " + name + " FROM (SELECT ");
            for (int i = 0; i < fields.size(); i++) {
                row.text(i == 0 ? "" : ", ");
                row.expr(fields.get(i));
                row.text(" AS " + Identifier.quote(source.columns().get(i).name()));
            }
            row.text(") AS " + name + ")");
        }
        Rows rows = builder.rows(item.plan(), around);
        Column whole = rows.column(row.toExpr(), "row");
        return new Joined(
                rows.plan(),
                Scope.of(new Scope.Source(source.alias(), source.columns(), Optional.of(whole))),
                item.columns());
    }

    /// A name that none of the columns has: a column would be taken for the row of that name.
    private static String unused(List<Scope.Visible> columns) {
        Set<String> names = columns.stream().map(Scope.Visible::name).collect(Collectors.toSet());
        String name = "whole_row";
        while (names.contains(name)) {
            name += "_";
        }
        return name;
    }

    /// Adds the system column of that name where somebody uses it: all rows of a table without
    /// partitions and children have the same.
    private Joined withTableOid(Joined item, FromItem.Relation relation) {
        Optional<Long> oid =
                named(relation)
                        .filter(_ -> select.contains("name=" + TABLE_OID + "]"))
                        .filter(it -> RelationBuilder.hasOneTable(relation, it))
                        .map(Relation::relid);
        if (oid.isEmpty()) {
            return item;
        }
        Rows rows = builder.rows(item.plan(), enclosing);
        Expr value = Expr.text("CAST(" + oid.get() + " AS oid)");
        Column column = rows.column(value, TABLE_OID);
        Scope.Source source = item.scope().sources().getFirst();
        List<Scope.Visible> visible = new ArrayList<>(source.columns());
        visible.add(new Scope.Visible(TABLE_OID, column));
        return new Joined(
                rows.plan(),
                Scope.of(new Scope.Source(source.alias(), visible, source.wholeRow())),
                item.columns());
    }

    private Optional<Relation> named(FromItem.Relation item) {
        return item.schema().isEmpty() && environment.get(item.name()).isPresent()
                ? Optional.empty()
                : builder.analysis().relation(item.schema().orElse("pg_catalog"), item.name());
    }

    private Joined subSelect(FromItem.SubSelect sub, Optional<Enclosing> around) {
        Built built = builder.query(sub.query(), environment, around, Optional.empty());
        return Joined.of(built, sub.alias(), sub.columnAliases());
    }

    /// A function or the like: what one row of nothing is expanded to, until it is joined.
    private Joined rows(FromItem.Rows item, Optional<Enclosing> around) {
        Rows rows = builder.rows(new Plan.Constant(List.of()), around);
        Scope scope = Scope.empty().inside(around.map(Enclosing::scope));
        ExpressionBuilder.Meaning meaning =
                new FunctionMeaning(
                        new RowMeaning(
                                rows,
                                scope,
                                sub ->
                                        builder.inner(
                                                sub,
                                                environment,
                                                Optional.of(new Enclosing(rows, scope)))));
        ExpressionBuilder.Splice text = new ExpressionBuilder.Splice("");
        item.columnDefinitions().ifPresent(_ -> text.text("(SELECT * FROM "));
        text.expr(builder.expressions().build(item.item(), meaning));
        text.text(item.ordinality() ? " WITH ORDINALITY" : "");
        item.columnDefinitions().ifPresent(it -> text.text(" AS f(" + it + "))"));
        Expr expr = text.toExpr();
        List<TypeFacts> types = rows.typesOfItem(expr, item.columns().size());
        List<Column> columns = new ArrayList<>();
        List<Scope.Visible> visible = new ArrayList<>();
        for (int i = 0; i < item.columns().size(); i++) {
            String name = item.columns().get(i);
            Column column =
                    new Column(builder.names().fresh(name), types.get(i), Nullability.NULLABLE);
            columns.add(column);
            visible.add(new Scope.Visible(name, column));
        }
        Plan plan =
                new Plan.Expand(rows.plan(), Plan.Join.Kind.INNER, expr, columns, Expr.always());
        return Joined.of(plan, new Scope.Source(item.alias(), visible));
    }

    /// In FROM a set-returning function is what the item is.
    private record FunctionMeaning(RowMeaning rows) implements ExpressionBuilder.Meaning {
        @Override
        public Expr column(SqlExpr.Column column) {
            return rows.column(column);
        }

        @Override
        public Expr wholeRow(SqlExpr.WholeRow row) {
            return rows.wholeRow(row);
        }

        @Override
        public Expr subQuery(SqlExpr.SubQuery sub) {
            return rows.subQuery(sub);
        }
    }

    /// A join whose right side may read the left one, and both the rows `around`.
    private Plan joined(
            JoinType type, Plan left, Plan right, Expr condition, Optional<Enclosing> around) {
        Plan.Join.Kind kind =
                switch (type) {
                    case INNER, CROSS -> Plan.Join.Kind.INNER;
                    case LEFT, RIGHT -> Plan.Join.Kind.LEFT;
                    case FULL -> Plan.Join.Kind.FULL;
                };
        if (Free.of(right, left.output()).isEmpty()) {
            return new Plan.Join(kind, left, right, condition);
        }
        if (right instanceof Plan.Expand expand && expand.input() instanceof Plan.Constant) {
            return new Plan.Expand(left, kind, expand.item(), expand.columns(), condition);
        }
        Rows rows = builder.rows(left, around);
        new DependentJoin(rows).lateral(kind, right, condition);
        return rows.plan();
    }

    private Joined join(FromItem.Join join, Optional<Enclosing> lateral) {
        Joined left = item(join.left(), lateral);
        Joined right = item(join.right(), Optional.of(beside(left, lateral)));
        Sides sides = new Sides(left, right);
        Expr condition =
                switch (join.condition()) {
                    case JoinCondition.None _ -> Expr.always();
                    case JoinCondition.On(var predicate) ->
                            on(join.type(), predicate, sides, lateral);
                    case JoinCondition.Using(List<String> columns, _) ->
                            using(columns, left, right);
                };
        Joined joined = joined(join, sides, condition, lateral);
        if (join.alias().isEmpty()) {
            return joined;
        }
        return Joined.of(
                joined.plan(),
                new Scope.Source(join.alias(), joined.columns())
                        .renamed(join.alias(), join.columnAliases()));
    }

    /// The sides of a join, which its condition may extend.
    private static final class Sides {
        private Joined left;
        private Joined right;

        private Sides(Joined left, Joined right) {
            this.left = left;
            this.right = right;
        }
    }

    private Joined joined(
            FromItem.Join join, Sides sides, Expr condition, Optional<Enclosing> around) {
        Joined left = sides.left;
        Joined right = sides.right;
        Plan plan =
                join.type() == JoinType.RIGHT
                        ? joined(join.type(), right.plan(), left.plan(), condition, around)
                        : joined(join.type(), left.plan(), right.plan(), condition, around);
        Scope lefts =
                join.type() == JoinType.RIGHT || join.type() == JoinType.FULL
                        ? left.scope().nullable()
                        : left.scope();
        Scope rights =
                join.type() == JoinType.LEFT || join.type() == JoinType.FULL
                        ? right.scope().nullable()
                        : right.scope();
        if (!(join.condition() instanceof JoinCondition.Using(var names, var alias))) {
            return new Joined(plan, lefts.and(rights), nullable(plan, both(left, right)));
        }
        List<Scope.Visible> merged = new ArrayList<>();
        Rows rows = builder.rows(plan, around);
        for (String name : names) {
            Column one = column(left, name);
            Column other = column(right, name);
            Column shown =
                    switch (join.type()) {
                        case INNER, CROSS, LEFT -> one;
                        case RIGHT -> other;
                        case FULL ->
                                rows.column(
                                        new Expr.Template(
                                                List.of("COALESCE(", ", ", ")"),
                                                List.of(
                                                        new Expr.Ref(one.name()),
                                                        new Expr.Ref(other.name()))),
                                        name);
                    };
            merged.add(new Scope.Visible(name, shown));
        }
        List<Scope.Visible> all = new ArrayList<>(merged);
        both(left, right).stream().filter(it -> !names.contains(it.name())).forEach(all::add);
        Scope scope = Scope.of(new Scope.Source(alias, merged)).and(lefts).and(rights);
        return new Joined(rows.plan(), scope, nullable(rows.plan(), all));
    }

    /// The columns as the join shows them.
    private static List<Scope.Visible> nullable(Plan plan, List<Scope.Visible> columns) {
        Map<String, Column> shown = new HashMap<>();
        plan.output().forEach(column -> shown.put(column.name(), column));
        return columns.stream()
                .map(it ->
                        new Scope.Visible(
                                it.name(), shown.getOrDefault(it.column().name(), it.column())))
                .toList();
    }

    private static Column column(Joined side, String name) {
        return side.columns().stream()
                .filter(it -> it.name().equals(name))
                .findFirst()
                .orElseThrow()
                .column();
    }

    private static Expr using(List<String> columns, Joined left, Joined right) {
        Expr condition = Expr.always();
        for (String name : columns) {
            Expr equal =
                    Expr.binary(
                            new Expr.Ref(column(left, name).name()),
                            "=",
                            new Expr.Ref(column(right, name).name()));
            condition = Expr.and(condition, equal);
        }
        return condition;
    }

    /// A join condition. A sub-query in it is joined to the side whose columns it uses.
    private Expr on(JoinType type, SqlExpr predicate, Sides sides, Optional<Enclosing> around) {
        Scope scope =
                sides.left.scope().and(sides.right.scope()).inside(enclosing.map(Enclosing::scope));
        return builder.expressions().build(predicate, new OnMeaning(type, scope, sides, around));
    }

    private final class OnMeaning implements ExpressionBuilder.Meaning {
        private final JoinType type;
        private final Scope scope;
        private final Sides sides;
        private final Optional<Enclosing> around;

        private OnMeaning(JoinType type, Scope scope, Sides sides, Optional<Enclosing> around) {
            this.type = type;
            this.scope = scope;
            this.sides = sides;
            this.around = around;
        }

        @Override
        public Expr column(SqlExpr.Column column) {
            return new Expr.Ref(scope.resolve(column.qualifier(), column.name()).name());
        }

        @Override
        public Expr wholeRow(SqlExpr.WholeRow row) {
            return new Expr.Ref(scope.wholeRow(row.relation()).name());
        }

        @Override
        public Expr subQuery(SqlExpr.SubQuery sub) {
            Plan pairs =
                    new Plan.Join(
                            Plan.Join.Kind.INNER,
                            sides.left.plan(),
                            sides.right.plan(),
                            Expr.always());
            Enclosing both = new Enclosing(builder.rows(pairs, around), scope);
            SubQueries.Inner inner = builder.inner(sub, environment, Optional.of(both));
            List<Expr> left = builder.expressions().all(sub.left(), this);
            Plan probe = inner.build().get().plan();
            boolean usesLeft = uses(probe, left, sides.left.plan());
            boolean usesRight = uses(probe, left, sides.right.plan());
            if (usesLeft && usesRight) {
                throw new UnsupportedConstruct(
                        "sub-query over both sides of a join",
                        "The condition of a "
                                + type
                                + " JOIN has a sub-query that depends on both sides.");
            }
            Joined side = usesLeft ? sides.left : sides.right;
            Rows rows = builder.rows(side.plan(), around);
            Expr value = new SubQueries(rows).value(inner, left);
            Joined extended = new Joined(rows.plan(), side.scope(), side.columns());
            if (usesLeft) {
                sides.left = extended;
            } else {
                sides.right = extended;
            }
            return value;
        }

        private boolean uses(Plan probe, List<Expr> left, Plan side) {
            return !Free.of(probe, side.output()).isEmpty()
                    || left.stream()
                            .flatMap(it -> it.columns().stream())
                            .anyMatch(side.outputNames()::contains);
        }
    }
}
