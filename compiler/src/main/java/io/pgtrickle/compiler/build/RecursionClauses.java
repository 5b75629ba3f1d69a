package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Enclosing;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/// SEARCH and CYCLE: columns of a recursion that tell how each row was reached.
///
/// PostgreSQL defines them as records and arrays of records, which no table can hold. The recursion
/// therefore keeps what they are made of after its own columns: for each column that is followed,
/// the array of its values from the first row on; the depth; whether the row closes a cycle. They
/// are put together where the recursion is read.
///
/// One thread.
final class RecursionClauses {
    private final PlanBuilder builder;
    private final Optional<Enclosing> enclosing;
    private final Optional<Query.Search> search;
    private final Optional<Query.Cycle> cycle;
    private final List<String> names;

    /// The positions of the columns whose values are kept from the first row on.
    private final List<Integer> followed;

    /// @param names the recursion's own columns
    RecursionClauses(PlanBuilder builder, PlanBuilder.Named.Table named, List<String> names) {
        this.builder = builder;
        this.enclosing = named.enclosing();
        this.search = named.table().search();
        this.cycle = named.table().cycle();
        this.names = List.copyOf(names);
        TreeSet<Integer> positions = new TreeSet<>();
        search.filter(it -> !it.breadthFirst())
                .ifPresent(it -> it.columns().forEach(name -> positions.add(names.indexOf(name))));
        cycle.ifPresent(it -> it.columns().forEach(name -> positions.add(names.indexOf(name))));
        this.followed = List.copyOf(positions);
    }

    /// The recursion's own columns.
    List<String> names() {
        return names;
    }

    // ---- what is kept -----------------------------------------------------------------------

    /// What a kept column is, and its value in a row of the base.
    private record Kept(String name, Expr first) {}

    private List<Kept> kept(List<Column> own) {
        List<Kept> kept = new ArrayList<>();
        for (int position : followed) {
            Column column = own.get(position);
            Expr first = Expr.around("ARRAY[", element(column, column.type()), "]");
            kept.add(new Kept("__pgt_followed_" + position, first));
        }
        search.filter(Query.Search::breadthFirst)
                .ifPresent(_ -> kept.add(new Kept("__pgt_depth", Expr.text("CAST(0 AS bigint)"))));
        cycle.ifPresent(it -> kept.add(new Kept("__pgt_mark", mark(it, Expr.text("false")))));
        return kept;
    }

    private int array(int position) {
        return names.size() + followed.indexOf(position);
    }

    private int depth() {
        return names.size() + followed.size();
    }

    private int mark() {
        return depth() + (search.filter(Query.Search::breadthFirst).isPresent() ? 1 : 0);
    }

    private Expr mark(Query.Cycle clause, Expr looped) {
        return new Expr.Template(
                List.of("CASE WHEN ", " THEN ", " ELSE ", " END"),
                List.of(looped, constant(clause.markValue()), constant(clause.markDefault())));
    }

    private Expr constant(SqlExpr expr) {
        return builder.expressions().build(expr, RecursionReference.CONSTANT);
    }

    /// An array of arrays would be one array, so they are kept as text.
    private static boolean asText(TypeFacts type) {
        return type.sqlName().endsWith("]");
    }

    private static Expr element(Column column, TypeFacts type) {
        Expr value = new Expr.Ref(column.name());
        return asText(type) ? Expr.around("CAST(", value, " AS text)") : value;
    }

    /// The base with what is kept of its rows.
    ///
    /// @param distinct whether rows count once, whose histories must then be told apart as
    ///   PostgreSQL does it
    Built base(Built base, boolean distinct) {
        if (search.isEmpty() && cycle.isEmpty()) {
            return base;
        }
        List<Column> own = base.plan().output();
        followed.forEach(position -> requireKept(own.get(position).type(), distinct));
        Rows rows = builder.rows(base.plan(), enclosing);
        List<String> all = new ArrayList<>(names);
        List<Assignment> added = new ArrayList<>();
        for (Kept kept : kept(own)) {
            all.add(kept.name());
            added.add(assignment(kept.name(), rows.typeOf(kept.first()), kept.first()));
        }
        rows.add(added);
        return new Built(rows.plan(), all, List.of());
    }

    private static void requireKept(TypeFacts type, boolean distinct) {
        if (type.equals(TypeFacts.UNKNOWN)) {
            throw new TypesPending();
        }
        if (type.sqlName().startsWith("record")) {
            throw new UnsupportedConstruct(
                    "SEARCH or CYCLE by an anonymous row type",
                    "The values of a row type without a name would have to be kept.");
        }
        if (distinct && asText(type) && !type.imageEquality()) {
            throw new UnsupportedConstruct(
                    "SEARCH or CYCLE by arrays with UNION",
                    "Equal arrays that look different would have to be kept as one.");
        }
    }

    private Assignment assignment(String name, TypeFacts type, Expr value) {
        return new Assignment(
                new Column(builder.names().fresh(name), type, Nullability.NULLABLE), value);
    }

    // ---- the step ---------------------------------------------------------------------------

    /// The recursive term with what its rows' predecessors have kept, from those that close no
    /// cycle.
    Query step(String table, Query term) {
        if (search.isEmpty() && cycle.isEmpty()) {
            return term;
        }
        String construct = cycle.isPresent() ? "CYCLE" : "SEARCH";
        List<String> more = new ArrayList<>();
        followed.forEach(position -> more.add("__pgt_followed_" + position));
        search.filter(Query.Search::breadthFirst).ifPresent(_ -> more.add("__pgt_depth"));
        cycle.ifPresent(_ -> more.add("__pgt_mark"));
        return new RecursionReference(table, construct)
                .extended(term, more, cycle.map(it -> it.markValue()));
    }

    /// A step with what is kept of its rows: for each column that it kept of their predecessors,
    /// the next value.
    ///
    /// @param output the recursion's columns
    Built next(Built step, List<Column> output) {
        if (search.isEmpty() && cycle.isEmpty()) {
            return step;
        }
        List<Column> before = step.plan().output();
        List<Assignment> assignments = new ArrayList<>();
        for (int i = 0; i < output.size(); i++) {
            Column column = before.get(i);
            Expr value = new Expr.Ref(column.name());
            assignments.add(
                    i < names.size()
                            ? new Assignment(column, value)
                            : assignment(
                                    "kept",
                                    output.get(i).type(),
                                    Expr.around(
                                            "CAST(",
                                            next(i, before, output),
                                            " AS " + output.get(i).type().sqlName() + ")")));
        }
        return new Built(new Plan.Project(step.plan(), assignments), step.names(), List.of());
    }

    private Expr next(int index, List<Column> before, List<Column> output) {
        Expr previous = new Expr.Ref(before.get(index).name());
        if (index < depth()) {
            int position = followed.get(index - names.size());
            Expr added = element(before.get(position), output.get(position).type());
            return new Expr.Template(List.of("", " || ARRAY[", "]"), List.of(previous, added));
        }
        if (index < mark()) {
            return Expr.around("", previous, " + 1");
        }
        Query.Cycle clause = cycle.orElseThrow();
        List<Expr> values =
                positions(clause.columns()).stream()
                        .map(it -> (Expr) new Expr.Ref(before.get(it).name()))
                        .toList();
        Expr looped =
                new Expr.Template(
                        List.of("CAST(", " AS record) = ANY (", ")"),
                        List.of(
                                ExpressionBuilder.spliced("ROW(", values, ")"),
                                history(clause.columns(), before, output)));
        return mark(clause, looped);
    }

    // ---- what is seen -----------------------------------------------------------------------

    /// The rows of the recursion as queries see them: its own columns, the sequence column of
    /// SEARCH, mark and path of CYCLE. What is kept follows, without names.
    Built shown(Built recursion) {
        if (search.isEmpty() && cycle.isEmpty()) {
            return recursion;
        }
        List<Column> output = recursion.plan().output();
        Rows rows = builder.rows(recursion.plan(), enclosing);
        List<String> shown = new ArrayList<>(names);
        List<Assignment> all = new ArrayList<>();
        output.subList(0, names.size())
                .forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        search.ifPresent(it -> {
            shown.add(it.sequenceColumn());
            Expr sequence = sequence(it, output);
            all.add(assignment(it.sequenceColumn(), rows.typeOf(sequence), sequence));
        });
        cycle.ifPresent(it -> {
            shown.add(it.markColumn());
            Column mark = output.get(mark());
            all.add(assignment(it.markColumn(), mark.type(), new Expr.Ref(mark.name())));
            shown.add(it.pathColumn());
            Expr path = history(it.columns(), output, output);
            all.add(assignment(it.pathColumn(), rows.typeOf(path), path));
        });
        output.subList(names.size(), output.size())
                .forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        return new Built(new Plan.Project(recursion.plan(), all), shown, List.of());
    }

    /// The same inside the recursion, where what is kept has names as well.
    Built shownToStep(Built recursion) {
        Built shown = shown(recursion);
        List<String> all = new ArrayList<>(shown.names());
        all.addAll(recursion.names().subList(names.size(), recursion.names().size()));
        return new Built(shown.plan(), all, List.of());
    }

    private List<Integer> positions(List<String> columns) {
        return columns.stream().map(names::indexOf).toList();
    }

    private Expr sequence(Query.Search clause, List<Column> output) {
        if (!clause.breadthFirst()) {
            return history(clause.columns(), output, output);
        }
        List<Expr> fields = new ArrayList<>();
        fields.add(new Expr.Ref(output.get(depth()).name()));
        positions(clause.columns()).forEach(it -> fields.add(new Expr.Ref(output.get(it).name())));
        return ExpressionBuilder.spliced("ROW(", fields, ")");
    }

    /// The array of records of some columns' values from the first row on.
    ///
    /// @param kept the rows' columns
    /// @param typed columns with their types
    private Expr history(List<String> columns, List<Column> kept, List<Column> typed) {
        List<Expr> arrays = new ArrayList<>();
        List<String> elements = new ArrayList<>();
        List<String> fields = new ArrayList<>();
        for (int position : positions(columns)) {
            String element = "e" + (elements.size() + 1);
            TypeFacts type = typed.get(position).type();
            arrays.add(new Expr.Ref(kept.get(array(position)).name()));
            elements.add(element);
            fields.add(
                    asText(type)
                            ? "CAST(u." + element + " AS " + type.sqlName() + ")"
                            : "u." + element);
        }
        return ExpressionBuilder.spliced(
                "ARRAY(SELECT ROW(" + String.join(", ", fields) + ") FROM unnest(",
                arrays,
                ") WITH ORDINALITY AS u(" + String.join(", ", elements) + ", n) ORDER BY u.n)");
    }
}
