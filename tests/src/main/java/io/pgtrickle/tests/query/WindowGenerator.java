package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Grouping;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// Random window functions.
final class WindowGenerator {
    private final QueryGenerator queries;
    private final Dice dice;

    WindowGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// A window's PARTITION BY and ORDER BY.
    ///
    /// @param sorts how many columns the order has
    /// @param total whether rows that tie are the same in all that is determined
    /// @param offset what can be added to the only column of the order, empty without one
    private record Definition(
            String template, List<Expr> arguments, int sorts, boolean total, String offset) {

        boolean ordered() {
            return sorts > 0;
        }

        /// The same for functions that do not tell apart rows that tie: where two windows number
        /// rows that are the same, which numbers meet in one row is not determined.
        Definition tied() {
            return new Definition(template, arguments, sorts, false, offset);
        }
    }

    /// A SELECT with window functions, over rows or over groups.
    Rel.Select windowed(Scope scope) {
        From from = queries.froms().from(scope);
        Expressions expressions = queries.expressions(scope, from.atoms());
        Optional<Expr> where = queries.where(scope, expressions);
        List<Expr> atoms = new ArrayList<>(expressions.atoms());
        List<Expr> identity = atoms;
        Grouping grouping = Grouping.NONE;
        if (dice.chance(0.3)) {
            List<Expr> keys = queries.groups().keys(from, expressions);
            if (!keys.isEmpty()) {
                grouping = Grouping.by(keys);
                identity = GroupGenerator.above(keys);
                atoms = new ArrayList<>(identity);
                Aggregates aggregates = new Aggregates(dice, expressions.plain());
                int count = dice.between(1, 2);
                for (int i = 0; i < count; i++) {
                    atoms.add(dice.chance(0.3) ? aggregates.any() : aggregates.common());
                }
            }
        }
        Expressions over = new Expressions(dice, atoms);
        List<Target> targets = new ArrayList<>();
        int plain = dice.between(0, 3);
        for (int i = 0; i < plain; i++) {
            queries.add(targets, over.any(1));
        }
        List<Rel.Window> windows = new ArrayList<>();
        int calls = dice.between(1, 3);
        Definition definition = definition(over, identity);
        boolean numbered = definition.total();
        for (int i = 0; i < calls; i++) {
            if (i > 0 && dice.chance(0.5)) {
                Definition next = definition(over, identity);
                definition = numbered && grouping.equals(Grouping.NONE) ? next.tied() : next;
                numbered |= definition.total();
            }
            queries.add(targets, within(over, call(over, definition, windows)));
        }
        return new Rel.Select(
                Duplicates.KEEP, targets, from, where, grouping, Optional.empty(), windows);
    }

    /// The first rows of each partition by `row_number`, `rank` or `dense_rank`.
    Rel.Select first(Scope scope) {
        From from = queries.froms().from(scope);
        Expressions expressions = queries.expressions(scope, from.atoms());
        Definition total = total(partition(expressions), expressions.atoms());
        List<Target> targets = new ArrayList<>();
        int plain = dice.between(1, 4);
        for (int i = 0; i < plain; i++) {
            queries.add(targets, expressions.plain().any(1));
        }
        String function = dice.oneOf("row_number()", "row_number()", "rank()", "dense_rank()");
        queries.add(
                targets,
                Expr.of(
                        function + " OVER (" + total.template() + ")",
                        Type.BIGINT,
                        true,
                        total.arguments(),
                        "window top n"));
        Rel.Select inner = Rel.Select.of(targets, from, queries.where(scope, expressions));
        From.Sub sub = new From.Sub("", inner, queries.alias());
        Expr number = sub.atoms().getLast();
        int limit = dice.between(1, 3);
        Expr condition =
                Expr.call(
                        dice.oneOf("(§ <= " + limit + ")", "(§ = 1)", "(§ < " + (limit + 1) + ")"),
                        Type.BOOL,
                        number);
        List<Target> kept = new ArrayList<>();
        for (Expr atom : sub.atoms()) {
            if (kept.isEmpty() || dice.chance(0.8)) {
                queries.add(kept, atom);
            }
        }
        return Rel.Select.of(kept, sub, Optional.of(condition));
    }

    private Expr within(Expressions over, Expr call) {
        if (dice.chance(0.85)) {
            return call;
        }
        return call.type().family() == Type.Family.INTEGRAL
                ? Expr.call("(§ + §)", Type.BIGINT, call, over.of(Type.BIGINT, 0))
                : Expr.call("(§ IS NULL)", Type.BOOL, call);
    }

    private Expr partition(Expressions over) {
        List<Expr> columns =
                dice.some(
                        over.atoms().stream().filter(it -> it.type().hasEquality()).toList(),
                        dice.oneOf(0, 1, 1, 1, 2));
        String template =
                columns.isEmpty()
                        ? ""
                        : "PARTITION BY "
                                + String.join(", ", columns.stream().map(_ -> "§").toList())
                                + " ";
        return Expr.of(template, Type.BOOL, true, columns, "");
    }

    private Definition definition(Expressions over, List<Expr> identity) {
        Expr partition = partition(over);
        List<Expr> sortable = over.atoms().stream().filter(it -> it.type().hasEquality()).toList();
        if (sortable.isEmpty() || dice.chance(0.15)) {
            return new Definition(template(partition), arguments(partition), 0, false, "");
        }
        if (dice.chance(0.4)) {
            Expr sort = dice.pick(sortable);
            String direction = new OrderGenerator(queries).direction();
            return new Definition(
                    template(partition) + "ORDER BY §" + direction,
                    Stream.concat(arguments(partition).stream(), Stream.of(sort)).toList(),
                    1,
                    false,
                    offset(sort.type()));
        }
        return total(partition, identity);
    }

    private static String template(Expr partition) {
        return ((Expr.Call) partition).template();
    }

    private static List<Expr> arguments(Expr partition) {
        return ((Expr.Call) partition).arguments().stream().map(Expr.class::cast).toList();
    }

    /// An order in which only rows tie that are the same in all that is determined.
    private Definition total(Expr partition, List<Expr> identity) {
        List<Expr> arguments = new ArrayList<>(arguments(partition));
        List<String> sorts = new ArrayList<>();
        List<Expr> left = new ArrayList<>(identity);
        OrderGenerator order = new OrderGenerator(queries);
        while (!left.isEmpty()) {
            Expr atom = left.remove(dice.between(0, left.size() - 1));
            if (atom.type().hasEquality()) {
                arguments.add(atom);
                sorts.add("§" + (sorts.size() < 2 ? order.direction() : ""));
            }
            if (!atom.type().hasEquality()
                    || (!atom.type().looksEqualWhenEqual() && atom.exact())) {
                arguments.add(atom);
                sorts.add("§::text");
            }
        }
        return new Definition(
                template(partition) + "ORDER BY " + String.join(", ", sorts),
                arguments,
                sorts.size(),
                true,
                "");
    }

    private static String offset(Type type) {
        return switch (type.family()) {
            case INTEGRAL, NUMBER, FLOAT -> "1";
            case DATE, TIME -> "'1 day'::interval";
            case TEXT,
                    BOOL,
                    UUID,
                    INTERVAL,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML,
                    RECORD ->
                    "";
        };
    }

    private Expr call(Expressions over, Definition definition, List<Rel.Window> windows) {
        int kind = dice.between(0, 9);
        if (definition.total() && kind < 3) {
            return numbered(over, definition, windows);
        }
        if (definition.ordered() && kind < 5) {
            String name = dice.oneOf("rank", "dense_rank", "percent_rank", "cume_dist");
            Type type = name.endsWith("rank") && !name.startsWith("p") ? Type.BIGINT : Type.FLOAT;
            return over(name + "()", type, true, List.of(), definition, "", windows);
        }
        if (definition.total() && kind < 7) {
            Expr value = over.any(1);
            String name = dice.oneOf("first_value(§)", "last_value(§)", "nth_value(§, 2)");
            return over(
                    name,
                    value.type(),
                    value.exact(),
                    List.of(value),
                    definition,
                    frame(definition),
                    windows);
        }
        return aggregate(over, definition, windows);
    }

    private Expr numbered(Expressions over, Definition definition, List<Rel.Window> windows) {
        return switch (dice.between(0, 3)) {
            case 0 -> over("row_number()", Type.BIGINT, true, List.of(), definition, "", windows);
            case 1 ->
                    over(
                            "ntile(" + dice.between(1, 4) + ")",
                            Type.INTEGER,
                            true,
                            List.of(),
                            definition,
                            "",
                            windows);
            default -> {
                Expr value = over.any(1);
                String name = dice.oneOf("lag(§)", "lead(§)", "lag(§, 2)", "lead(§, 0)");
                yield over(
                        name, value.type(), value.exact(), List.of(value), definition, "", windows);
            }
        };
    }

    private Expr aggregate(Expressions over, Definition definition, List<Rel.Window> windows) {
        Expr value = over.any(1);
        Type type = value.type();
        boolean summable = Aggregates.summable(value);
        boolean looks = value.exact() && type.looksEqualWhenEqual();
        String frame = dice.chance(0.4) ? "" : frame(definition);
        return switch (dice.between(0, 6)) {
            case 0 -> over("count(*)", Type.BIGINT, true, List.of(), definition, frame, windows);
            case 1, 2 ->
                    summable
                            ? over(
                                    "sum(§)",
                                    type.sum(),
                                    type.sum() == Type.BIGINT,
                                    List.of(value),
                                    definition,
                                    frame,
                                    windows)
                            : count(value, definition, frame, windows);
            case 3 ->
                    summable
                            ? over(
                                    "avg(§)",
                                    type.average(),
                                    false,
                                    List.of(value),
                                    definition,
                                    frame,
                                    windows)
                            : count(value, definition, frame, windows);
            case 4, 5 ->
                    type.hasExtremum()
                            ? over(
                                    dice.oneOf("min(§)", "max(§)"),
                                    type.extremum(),
                                    looks,
                                    List.of(value),
                                    definition,
                                    frame,
                                    windows)
                            : count(value, definition, frame, windows);
            default ->
                    value.exact() && type.printsTheSame() && definition.total()
                            ? over(
                                    "string_agg(§::text, ',')",
                                    Type.TEXT,
                                    true,
                                    List.of(value),
                                    definition,
                                    frame,
                                    windows)
                            : conditional(over, definition, frame, windows);
        };
    }

    private Expr conditional(
            Expressions over, Definition definition, String frame, List<Rel.Window> windows) {
        List<Expr> columns = over.atoms().stream().filter(it -> !it.aggregated()).toList();
        if (columns.isEmpty()) {
            return over("count(*)", Type.BIGINT, true, List.of(), definition, frame, windows);
        }
        return over(
                "count(*) FILTER (WHERE §)",
                Type.BIGINT,
                true,
                List.of(new Expressions(dice, columns).predicate(0)),
                definition,
                frame,
                windows);
    }

    private Expr count(Expr value, Definition definition, String frame, List<Rel.Window> windows) {
        return over("count(§)", Type.BIGINT, true, List.of(value), definition, frame, windows);
    }

    /// A frame whose rows are determined as far as the order goes.
    private String frame(Definition definition) {
        List<String> units = new ArrayList<>();
        if (definition.total()) {
            units.add("ROWS");
        }
        if (definition.ordered()) {
            units.add("GROUPS");
        }
        if (!definition.offset().isEmpty()) {
            units.add("RANGE");
        }
        String exclude =
                dice.oneOf("", "", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES", " EXCLUDE GROUP");
        if (units.isEmpty()) {
            return " RANGE BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING" + exclude;
        }
        String unit = dice.pick(units);
        String offset =
                unit.equals("RANGE") ? definition.offset() : String.valueOf(dice.between(0, 2));
        String bounds =
                dice.oneOf(
                        "UNBOUNDED PRECEDING AND CURRENT ROW",
                        offset + " PRECEDING AND " + offset + " FOLLOWING",
                        "CURRENT ROW AND UNBOUNDED FOLLOWING",
                        offset + " PRECEDING AND CURRENT ROW",
                        offset + " FOLLOWING AND UNBOUNDED FOLLOWING",
                        "UNBOUNDED PRECEDING AND " + offset + " PRECEDING");
        return " " + unit + " BETWEEN " + bounds + exclude;
    }

    private Expr over(
            String function,
            Type type,
            boolean exact,
            List<Expr> arguments,
            Definition definition,
            String frame,
            List<Rel.Window> windows) {
        String label = "window " + function.substring(0, function.indexOf('('));
        if (dice.chance(0.3)) {
            String name = "w" + queries.number();
            Expr named =
                    Expr.of(definition.template(), Type.BOOL, true, definition.arguments(), "");
            windows.add(new Rel.Window(name, named));
            return Expr.of(
                    function + " OVER " + (frame.isEmpty() ? name : "(" + name + frame + ")"),
                    type,
                    exact,
                    arguments,
                    label);
        }
        return Expr.of(
                function + " OVER (" + definition.template() + frame + ")",
                type,
                exact,
                Stream.concat(arguments.stream(), definition.arguments().stream()).toList(),
                label);
    }
}
