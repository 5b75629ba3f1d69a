package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The grouping of one SELECT: collects keys and aggregates from its expressions and becomes an
/// aggregate over its rows.
///
/// Several grouping sets are one grouping: each row is repeated for each set, numbered, with the
/// keys that the set leaves out made NULL. A set without keys has a row also for no input, so it is
/// an aggregate of its own.
///
/// One thread; used once.
final class Grouping {
    private final Rows rows;
    private final Scope scope;
    private final ExpressionBuilder expressions;
    private final Aggregates aggregates;
    private final Map<SqlExpr, Column> written = new HashMap<>();
    private final Map<Expr, Column> keys = new LinkedHashMap<>();
    private final Map<Column, Column> shown = new LinkedHashMap<>();
    private List<Set<Column>> sets = List.of();
    private final Column number;

    Grouping(Rows rows, Scope scope, ExpressionBuilder expressions) {
        this.rows = rows;
        this.scope = scope;
        this.expressions = expressions;
        this.aggregates = new Aggregates(rows, expressions);
        TypeFacts integer =
                new TypeFacts(
                        "integer",
                        TypeFacts.Arithmetic.INTEGER,
                        TypeFacts.Equality.BY_IMAGE,
                        TypeFacts.Hashing.AVAILABLE);
        this.number = new Column(rows.names().fresh("set"), integer, Nullability.NOT_NULL);
    }

    /// Reads the GROUP BY clause.
    void by(Body.Select select, RowMeaning meaning) {
        List<Set<SqlExpr>> all = GroupingSets.of(select);
        List<Set<Column>> columns = new ArrayList<>();
        for (Set<SqlExpr> set : all) {
            Set<Column> members = new LinkedHashSet<>();
            for (SqlExpr expr : all.size() == 1 ? fields(set) : set) {
                members.add(
                        written.computeIfAbsent(expr, it -> key(expressions.build(it, meaning))));
            }
            columns.add(members);
        }
        sets = columns;
        if (several()) {
            keys.values()
                    .forEach(key ->
                            shown.put(
                                    key,
                                    new Column(
                                            rows.names().fresh(Names.stem(key.name())),
                                            key.type(),
                                            Nullability.NULLABLE)));
        }
    }

    /// Rows are equal where their fields are, also where these are NULL. Not so beside several
    /// sets: a row that is left out is NULL itself.
    private static Set<SqlExpr> fields(Set<SqlExpr> set) {
        return set.stream()
                .flatMap(RowConstructors::leaves)
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }

    private boolean several() {
        return sets.size() > 1;
    }

    private Column key(Expr expr) {
        Column known = keys.get(expr);
        if (known != null) {
            return known;
        }
        Column column = rows.column(expr, "key");
        if (column.type().equality() == TypeFacts.Equality.ABSENT
                && !column.type().equals(TypeFacts.UNKNOWN)) {
            throw new UnsupportedConstruct(
                    "grouping by a type without equality",
                    "The type "
                            + column.type().sqlName()
                            + " of a grouped column has no equality operator.");
        }
        keys.put(expr, column);
        return column;
    }

    private Expr ref(Column key) {
        return new Expr.Ref(shown.getOrDefault(key, key).name());
    }

    /// What a sub-query beside the groups sees.
    Scope scope() {
        return scope.map(column ->
                Optional.ofNullable(keys.get(new Expr.Ref(column.name())))
                        .map(key -> shown.getOrDefault(key, key))
                        .orElse(column));
    }

    /// What an expression is if it is one that is grouped by.
    Optional<Expr> key(SqlExpr expr) {
        Column column = written.get(expr);
        if (column != null) {
            return Optional.of(ref(column));
        }
        if (expressions.isMoreThanScalar(expr)) {
            return Optional.empty();
        }
        Expr whole = expressions.build(expr, new RowMeaning(rows, scope, Grouping::noSubQuery));
        return Optional.ofNullable(keys.get(whole)).map(this::ref);
    }

    private static SubQueries.Inner noSubQuery(SqlExpr.SubQuery sub) {
        throw new IllegalStateException("a sub-query is more than a scalar: " + sub);
    }

    /// A column of the rows that is not grouped by: PostgreSQL accepted it because it depends on a
    /// primary key that is. Or a column of an outer query.
    Expr column(SqlExpr.Column column) {
        return dependent(new Expr.Ref(scope.resolve(column.qualifier(), column.name()).name()));
    }

    Expr wholeRow(SqlExpr.WholeRow row) {
        return dependent(new Expr.Ref(scope.wholeRow(row.relation()).name()));
    }

    private Expr dependent(Expr.Ref value) {
        if (rows.reference(value).isEmpty()) {
            return value;
        }
        if (several()) {
            throw new UnsupportedConstruct(
                    "ungrouped column beside grouping sets",
                    "A column that is not grouped by is used beside several grouping sets.");
        }
        return ref(key(value));
    }

    Expr aggregate(SqlExpr call, RowMeaning meaning) {
        return aggregates.value(call, meaning);
    }

    /// `GROUPING(..)`: one bit an argument, set where the grouping set leaves it out.
    Expr grouping(SqlExpr.Grouping call) {
        if (!several()) {
            return Expr.text("0");
        }
        List<Column> arguments = call.arguments().stream().map(this::grouped).toList();
        StringBuilder cases = new StringBuilder();
        for (int i = 0; i < sets.size(); i++) {
            long bits = 0;
            for (Column argument : arguments) {
                bits = bits * 2 + (sets.get(i).contains(argument) ? 0 : 1);
            }
            cases.append(" WHEN ").append(i).append(" THEN ").append(bits);
        }
        return Expr.around("CASE ", new Expr.Ref(number.name()), cases + " END");
    }

    /// An argument of `GROUPING(..)`. PostgreSQL lets only keys through, but prints a merged column
    /// of a full join as what it is made of.
    private Column grouped(SqlExpr argument) {
        Column column = written.get(argument);
        if (column == null) {
            RowMeaning meaning = new RowMeaning(rows, scope, Grouping::noSubQuery);
            column = keys.get(expressions.build(argument, meaning));
        }
        if (column == null) {
            throw new UnsupportedConstruct(
                    "GROUPING of a merged column",
                    "GROUPING() asks about a column that USING has merged from both sides of a full join.");
        }
        return column;
    }

    /// The groups.
    Plan finish() {
        List<AggregateCall> calls = aggregates.typed();
        if (!several()) {
            List<Column> columns = keys.values().stream().distinct().toList();
            return new Plan.Aggregate(needed(rows.plan(), columns, calls), columns, calls);
        }
        List<Column> columns = new ArrayList<>(List.of(number));
        columns.addAll(shown.values());
        List<Plan> branches = new ArrayList<>();
        if (sets.stream().anyMatch(set -> !set.isEmpty())) {
            branches.add(new Plan.Aggregate(needed(repeated(), columns, calls), columns, calls));
        }
        for (int i = 0; i < sets.size(); i++) {
            if (sets.get(i).isEmpty()) {
                branches.add(all(i, calls));
            }
        }
        if (branches.size() == 1 && branches.getFirst() instanceof Plan.Aggregate) {
            return branches.getFirst();
        }
        List<Column> output = new ArrayList<>(columns);
        calls.forEach(call -> output.add(call.result()));
        return new Plan.UnionAll(branches.stream().map(this::separate).toList(), output);
    }

    /// A branch as a projection with columns of its own.
    private Plan separate(Plan branch) {
        Plan copy = Copies.of(branch, rows.names()).plan();
        List<Assignment> same =
                copy.output().stream()
                        .map(column ->
                                new Assignment(
                                        new Column(
                                                rows.names().fresh(Names.stem(column.name())),
                                                column.type(),
                                                column.nullability()),
                                        new Expr.Ref(column.name())))
                        .toList();
        return new Plan.Project(copy, same);
    }

    private Plan repeated() {
        String numbers =
                Stream.iterate(0, i -> i + 1)
                        .limit(sets.size())
                        .filter(i -> !sets.get(i).isEmpty())
                        .map(i -> "(" + i + ")")
                        .collect(Collectors.joining(", ", "(VALUES ", ")"));
        Plan expanded =
                new Plan.Expand(
                        rows.plan(),
                        Plan.Join.Kind.INNER,
                        Expr.text(numbers),
                        List.of(number),
                        Expr.always());
        List<Assignment> all = new ArrayList<>();
        expanded.output().forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        shown.forEach((key, column) -> {
            String members =
                    Stream.iterate(0, i -> i + 1)
                            .limit(sets.size())
                            .filter(i -> sets.get(i).contains(key))
                            .map(i -> Integer.toString(i))
                            .collect(Collectors.joining(", "));
            all.add(
                    new Assignment(
                            column,
                            new Expr.Template(
                                    List.of("CASE WHEN ", " IN (" + members + ") THEN ", " END"),
                                    List.of(
                                            new Expr.Ref(number.name()),
                                            new Expr.Ref(key.name())))));
        });
        return new Plan.Project(expanded, all);
    }

    /// The group of all rows.
    private Plan all(int set, List<AggregateCall> calls) {
        if (shown.keySet().stream().anyMatch(key -> key.type().equals(TypeFacts.UNKNOWN))) {
            throw new TypesPending();
        }
        Plan aggregate =
                new Plan.Aggregate(needed(rows.plan(), List.of(), calls), List.of(), calls);
        List<Assignment> all = new ArrayList<>();
        all.add(new Assignment(number, Expr.text(Integer.toString(set))));
        shown.values()
                .forEach(column ->
                        all.add(
                                new Assignment(
                                        column,
                                        Expr.text(
                                                "CAST(NULL AS " + column.type().sqlName() + ")"))));
        calls.forEach(
                call -> all.add(new Assignment(call.result(), new Expr.Ref(call.result().name()))));
        return new Plan.Project(aggregate, all);
    }

    /// Only the columns that a grouping reads.
    private static Plan needed(Plan plan, List<Column> keys, List<AggregateCall> calls) {
        Set<String> read = new LinkedHashSet<>();
        keys.forEach(key -> read.add(key.name()));
        calls.forEach(call -> read.addAll(call.columns()));
        List<Assignment> kept =
                plan.output().stream()
                        .filter(column -> read.contains(column.name()))
                        .map(column -> new Assignment(column, new Expr.Ref(column.name())))
                        .toList();
        return kept.isEmpty() ? plan : new Plan.Project(plan, kept);
    }
}
