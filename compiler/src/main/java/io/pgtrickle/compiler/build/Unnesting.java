package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.Assignment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// Makes a plan that reads columns of outer rows independent of them: it is computed for all values
/// that the outer rows have, the *domain*, whose columns become columns of the result.
///
/// The domain is moved down until it reaches the operators that read it; every operator on the way
/// works by its columns as well. Source: Neumann and Kemper, *Unnesting Arbitrary Queries*, BTW
/// 2015.
///
/// One thread; used once.
final class Unnesting {
    private static final TypeFacts TEXT =
            new TypeFacts(
                    "text",
                    TypeFacts.Arithmetic.NONE,
                    TypeFacts.Equality.BY_IMAGE,
                    TypeFacts.Hashing.AVAILABLE);

    private final Plan outer;
    private final Set<String> free;
    private final Names names;

    /// The recursions around what is being bound, by their numbers.
    private final Map<Integer, Recursion> recursions = new HashMap<>();

    /// A recursion that has the domain's columns after `width` of its own.
    private record Recursion(int width, Map<String, Column> domain) {}

    private Unnesting(Plan outer, Set<String> free, Names names) {
        this.outer = outer;
        this.free = free;
        this.names = names;
    }

    /// A plan with, for each outer column, the column that holds its value, and the condition under
    /// which a row of it belongs to an outer row.
    record Unnested(Plan plan, Map<String, Column> domain, Expr condition) {}

    /// @param outer the plan of the outer rows
    /// @param free the columns of it that `inner` reads
    static Unnested unnest(Plan outer, Plan inner, Set<String> free, Names names) {
        requireNoRecursion(outer);
        Unnesting unnesting = new Unnesting(outer, free, names);
        Bound bound = unnesting.bind(inner);
        return new Unnested(bound.plan(), bound.columns(), unnesting.joined(bound));
    }

    /// The distinct values of the outer columns.
    static Unnested domain(Plan outer, Set<String> free, Names names) {
        requireNoRecursion(outer);
        Unnesting unnesting = new Unnesting(outer, free, names);
        Bound bound = unnesting.domain();
        return new Unnested(bound.plan(), bound.columns(), unnesting.joined(bound));
    }

    /// The rows of a recursion can be read only once, so they have no domain.
    private static void requireNoRecursion(Plan outer) {
        if (Correlation.readsRecursion(outer)) {
            throw new UnsupportedConstruct(
                    "correlated sub-query in a recursive term",
                    "A sub-query in the recursive term of a WITH RECURSIVE query depends on the term's own rows, and not"
                            + " by equalities alone.");
        }
    }

    /// A plan that has the domain's columns, by what they hold: an outer column's value, or under
    /// `image(column)` the text of it.
    private record Bound(Plan plan, Map<String, Column> columns) {
        Bound with(Plan other) {
            return new Bound(other, columns);
        }

        Column column(String name) {
            return Objects.requireNonNull(columns.get(name));
        }

        List<Column> keys() {
            return List.copyOf(columns.values());
        }
    }

    private static String image(String column) {
        return "image of " + column;
    }

    private Bound domain() {
        Copies.Copy copy = Copies.of(outer, names);
        List<Assignment> assignments = new ArrayList<>();
        Map<String, Column> columns = new LinkedHashMap<>();
        for (Column column : outer.output()) {
            if (!free.contains(column.name())) {
                continue;
            }
            Expr value = new Expr.Ref(copy.name(column));
            Column key =
                    new Column(
                            names.fresh(Names.stem(column.name())),
                            column.type(),
                            column.nullability());
            assignments.add(new Assignment(key, value));
            columns.put(column.name(), key);
            if (!column.type().imageEquality() && !column.type().equals(TypeFacts.UNKNOWN)) {
                Column text = new Column(names.fresh("image"), TEXT, column.nullability());
                assignments.add(new Assignment(text, Expr.around("CAST(", value, " AS text)")));
                columns.put(image(column.name()), text);
            }
        }
        if (columns.values().stream()
                .anyMatch(it ->
                        it.type().equality() == TypeFacts.Equality.ABSENT
                                && !it.type().equals(TypeFacts.UNKNOWN))) {
            throw new UnsupportedConstruct(
                    "correlation by a type without equality",
                    "A sub-query depends on an outer column whose type has no equality operator.");
        }
        return new Bound(new Plan.Distinct(new Plan.Project(copy.plan(), assignments)), columns);
    }

    private Expr joined(Bound bound) {
        Expr condition = Expr.always();
        for (Column column : outer.output()) {
            Column key = bound.columns().get(column.name());
            if (key == null) {
                continue;
            }
            condition = Expr.and(condition, Expr.same(column, key));
            Column text = bound.columns().get(image(column.name()));
            if (text != null) {
                Expr same =
                        new Expr.Template(
                                List.of("coalesce(CAST(", " AS text) = ", ", true)"),
                                List.of(new Expr.Ref(column.name()), new Expr.Ref(text.name())));
                condition = Expr.and(condition, same);
            }
        }
        return condition;
    }

    /// Whether a plan depends on the outer rows: by itself, or through the rows of a recursion that
    /// does.
    private boolean reads(Plan plan) {
        return Free.of(plan).stream().anyMatch(free::contains)
                || plan.operators()
                        .anyMatch(it ->
                                it instanceof Plan.Working working
                                        && recursions.containsKey(working.number()));
    }

    private Expr bound(Expr expr, Map<String, Column> columns) {
        return expr.replace(name ->
                free.contains(name) && columns.containsKey(name) ? columns.get(name).name() : name);
    }

    private Bound bind(Plan plan) {
        if (!reads(plan)) {
            Bound values = domain();
            return values.with(
                    new Plan.Join(Plan.Join.Kind.INNER, values.plan(), plan, Expr.always()));
        }
        return switch (plan) {
            case Plan.Filter filter -> {
                Bound input = bind(filter.input());
                yield input.with(
                        new Plan.Filter(input.plan(), bound(filter.predicate(), input.columns())));
            }
            case Plan.Project project -> {
                Bound input = bind(project.input());
                yield input.with(projected(input, project.assignments()));
            }
            case Plan.Constant constant -> {
                Bound values = domain();
                yield values.with(projected(values, constant.assignments()));
            }
            case Plan.Expand expand -> {
                Bound input = bind(expand.input());
                yield input.with(
                        new Plan.Expand(
                                input.plan(),
                                expand.kind(),
                                bound(expand.item(), input.columns()),
                                expand.columns(),
                                bound(expand.condition(), input.columns())));
            }
            case Plan.UnionAll union -> union(union);
            case Plan.Join join -> join(join);
            case Plan.Aggregate aggregate -> aggregate(aggregate);
            case Plan.Distinct distinct -> {
                Bound input = bind(distinct.input());
                yield input.with(new Plan.Distinct(input.plan()));
            }
            case Plan.Window window -> {
                Bound input = bind(window.input());
                yield input.with(
                        new Plan.Window(
                                input.plan(),
                                both(window.partition(), input.keys()),
                                window.order(),
                                window.frame(),
                                window.calls().stream()
                                        .map(it ->
                                                new Assignment(
                                                        it.column(),
                                                        bound(it.expression(), input.columns())))
                                        .toList()));
            }
            case Plan.Limit limit -> {
                Bound input = bind(limit.input());
                yield input.with(
                        new Plan.Limit(
                                input.plan(),
                                both(limit.partition(), input.keys()),
                                limit.order(),
                                limit.count(),
                                limit.offset(),
                                limit.ties()));
            }
            case Plan.Recursive recursive -> recursive(recursive);
            case Plan.Working working -> working(working);
            case Plan.Scan _, Plan.Stored _ ->
                    throw new IllegalStateException("reads nothing: " + plan);
        };
    }

    private static List<Column> both(List<Column> first, List<Column> second) {
        List<Column> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /// A recursion for each value of the domain: its rows keep the value from the base on.
    private Bound recursive(Plan.Recursive recursive) {
        Bound base = bind(recursive.base());
        Map<String, Column> columns = new LinkedHashMap<>();
        base.columns().forEach((name, key) -> columns.put(name, fresh(key)));
        recursions.put(recursive.number(), new Recursion(recursive.output().size(), columns));
        Bound step = bind(recursive.step());
        recursions.remove(recursive.number());
        return new Bound(
                new Plan.Recursive(
                        recursive.number(),
                        aligned(base, recursive.base(), columns),
                        aligned(step, recursive.step(), columns),
                        recursive.distinct(),
                        both(recursive.output(), List.copyOf(columns.values()))),
                columns);
    }

    /// A term of a recursion: its own columns, then those of the domain in their order.
    private static Plan aligned(Bound term, Plan own, Map<String, Column> columns) {
        List<Assignment> all = new ArrayList<>();
        own.output().forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        for (String name : columns.keySet()) {
            Column key = term.column(name);
            all.add(new Assignment(key, new Expr.Ref(key.name())));
        }
        return new Plan.Project(term.plan(), all);
    }

    private Bound working(Plan.Working working) {
        Recursion recursion = Objects.requireNonNull(recursions.get(working.number()));
        Map<String, Column> columns = new LinkedHashMap<>();
        List<Integer> positions = new ArrayList<>(working.positions());
        recursion
                .domain()
                .forEach((name, key) -> {
                    positions.add(recursion.width() + columns.size());
                    columns.put(name, fresh(key));
                });
        return new Bound(
                new Plan.Working(
                        working.number(),
                        both(working.output(), List.copyOf(columns.values())),
                        positions),
                columns);
    }

    private Plan projected(Bound input, List<Assignment> assignments) {
        List<Assignment> all = new ArrayList<>();
        assignments.forEach(it ->
                all.add(new Assignment(it.column(), bound(it.expression(), input.columns()))));
        input.keys().stream()
                .filter(key -> all.stream().noneMatch(it -> it.column().name().equals(key.name())))
                .forEach(key -> all.add(new Assignment(key, new Expr.Ref(key.name()))));
        return new Plan.Project(input.plan(), all);
    }

    private Bound union(Plan.UnionAll union) {
        List<Plan> branches = new ArrayList<>();
        Map<String, Column> columns = new LinkedHashMap<>();
        List<Column> output = new ArrayList<>(union.output());
        for (Plan branch : union.branches()) {
            Bound bound = bind(branch);
            List<Assignment> all = new ArrayList<>();
            branch.output().forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
            bound.keys().forEach(key -> all.add(new Assignment(key, new Expr.Ref(key.name()))));
            branches.add(new Plan.Project(bound.plan(), all));
            if (columns.isEmpty()) {
                bound.columns().forEach((name, key) -> columns.put(name, fresh(key)));
                output.addAll(columns.values());
            }
        }
        return new Bound(new Plan.UnionAll(branches, output), columns);
    }

    private Column fresh(Column column) {
        return new Column(
                names.fresh(Names.stem(column.name())), column.type(), column.nullability());
    }

    private Bound join(Plan.Join join) {
        boolean left = reads(join.left());
        boolean right = reads(join.right());
        boolean condition = join.condition().columns().stream().anyMatch(free::contains);
        if (!right && join.kind() != Plan.Join.Kind.FULL) {
            Bound bound = bind(join.left());
            return bound.with(
                    new Plan.Join(
                            join.kind(),
                            bound.plan(),
                            join.right(),
                            bound(join.condition(), bound.columns())));
        }
        if (!left && !condition && join.kind() == Plan.Join.Kind.INNER) {
            Bound bound = bind(join.right());
            return bound.with(
                    new Plan.Join(join.kind(), join.left(), bound.plan(), join.condition()));
        }
        Bound one = bind(join.left());
        Bound other = bind(join.right());
        Expr all = bound(join.condition(), one.columns());
        for (Map.Entry<String, Column> entry : one.columns().entrySet()) {
            all = Expr.and(all, Expr.same(entry.getValue(), other.column(entry.getKey())));
        }
        Plan joined = new Plan.Join(join.kind(), one.plan(), other.plan(), all);
        return join.kind() == Plan.Join.Kind.FULL ? merged(joined, one, other) : one.with(joined);
    }

    /// Either side of a full join may be extended with NULL.
    private Bound merged(Plan joined, Bound left, Bound right) {
        List<Assignment> all = new ArrayList<>();
        joined.output().forEach(it -> all.add(new Assignment(it, new Expr.Ref(it.name()))));
        Map<String, Column> columns = new LinkedHashMap<>();
        left.columns()
                .forEach((name, key) -> {
                    Column merged = fresh(key);
                    Expr either =
                            new Expr.Template(
                                    List.of("coalesce(", ", ", ")"),
                                    List.of(
                                            new Expr.Ref(key.name()),
                                            new Expr.Ref(right.column(name).name())));
                    all.add(new Assignment(merged, either));
                    columns.put(name, merged);
                });
        return new Bound(new Plan.Project(joined, all), columns);
    }

    private Bound aggregate(Plan.Aggregate aggregate) {
        Bound input = bind(aggregate.input());
        List<Plan.AggregateCall> calls =
                aggregate.calls().stream()
                        .map(call ->
                                new Plan.AggregateCall(
                                        call.result(),
                                        call.function(),
                                        call.argument(),
                                        call.filter(),
                                        call.text().map(it -> bound(it, input.columns()))))
                        .toList();
        Plan.Aggregate keyed =
                new Plan.Aggregate(input.plan(), both(aggregate.keys(), input.keys()), calls);
        return aggregate.global() ? withEmpty(keyed, input) : input.with(keyed);
    }

    /// An aggregate without keys has a row for each value of the domain, also where there is none
    /// to aggregate.
    private Bound withEmpty(Plan.Aggregate keyed, Bound input) {
        EmptyGroups groups = EmptyGroups.of(keyed, names);
        Bound values = domain();
        Expr condition = Expr.always();
        for (Map.Entry<String, Column> entry : values.columns().entrySet()) {
            condition =
                    Expr.and(condition, Expr.same(entry.getValue(), input.column(entry.getKey())));
        }
        Plan joined =
                new Plan.Join(Plan.Join.Kind.LEFT, values.plan(), groups.aggregate(), condition);
        List<Assignment> all = new ArrayList<>();
        keyed.calls().forEach(call -> all.add(new Assignment(call.result(), groups.value(call))));
        values.keys().forEach(key -> all.add(new Assignment(key, new Expr.Ref(key.name()))));
        return values.with(new Plan.Project(joined, all));
    }

    /// Whether a column can hold NULL.
    static boolean nullable(Column column) {
        return column.nullability() == Nullability.NULLABLE;
    }
}
