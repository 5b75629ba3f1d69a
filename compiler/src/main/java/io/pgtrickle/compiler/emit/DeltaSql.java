package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.delta.Delta;
import io.pgtrickle.compiler.delta.Delta.Side;
import io.pgtrickle.compiler.delta.Delta.Sign;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// A delta as SELECTs with a weight column, over common table expressions for what is used more
/// than once.
///
/// What is maintained in state tables comes first, inner results before outer ones: the new state
/// of a stored result is its table, which the statement still sees as it was, with the change put
/// over.
///
/// Mutable while one statement is made; one thread.
final class DeltaSql {
    private final StateTables states;
    private final Map<Integer, StateSql> maintained;
    private final PlanSql now;
    private final PlanSql before;
    private final IdentityHashMap<Delta, Integer> uses;
    private final IdentityHashMap<Delta, String> names;
    private final List<String> expressions;
    private final List<String> broken;

    private DeltaSql(StateTables states) {
        this.states = states;
        this.maintained = new LinkedHashMap<>();
        this.before = PlanSql.reading(it -> Optional.of(StateSql.stored(it, states)));
        this.now = PlanSql.reading(it -> Optional.of(current(it)));
        this.uses = new IdentityHashMap<>();
        this.names = new IdentityHashMap<>();
        this.expressions = new ArrayList<>();
        this.broken = new ArrayList<>();
    }

    /// For the same statement, with the rows of the previous round of a recursion read from
    /// elsewhere.
    private DeltaSql(DeltaSql outer, int recursion, String rows) {
        this.states = outer.states;
        this.maintained = outer.maintained;
        this.before = outer.before.readingRound(recursion, rows);
        this.now = outer.now.readingRound(recursion, rows);
        this.uses = new IdentityHashMap<>(outer.uses);
        this.names = new IdentityHashMap<>(outer.names);
        this.expressions = outer.expressions;
        this.broken = outer.broken;
    }

    private String current(Plan.Stored stored) {
        StateSql changing = maintained.get(stored.number());
        return changing == null ? StateSql.stored(stored, states) : changing.current();
    }

    /// A delta's SELECT, the common table expressions it needs, in order, and SQL expressions that
    /// count what was found to be broken. `now` reads the new state of plans beside it.
    record Rendered(List<String> expressions, String select, List<String> broken, PlanSql now) {}

    static Rendered render(Delta delta, StateTables states) {
        DeltaSql sql = new DeltaSql(states);
        sql.count(delta);
        sql.uses.keySet().stream()
                .filter(Delta.Maintained.class::isInstance)
                .map(Delta.Maintained.class::cast)
                .sorted(Comparator.comparingInt(it -> it.stored().number()))
                .forEach(sql::maintain);
        String select = sql.select(delta);
        return new Rendered(List.copyOf(sql.expressions), select, List.copyOf(sql.broken), sql.now);
    }

    private void maintain(Delta.Maintained delta) {
        List<String> changes =
                delta.stored().operator() instanceof Plan.Recursive recursive
                        ? List.of(change(delta, recursive))
                        : delta.inputChanges().stream().map(this::named).toList();
        StateSql state = StateSql.of(delta.stored(), states, now, changes);
        expressions.addAll(state.expressions());
        broken.add(state.broken());
        maintained.put(delta.stored().number(), state);
    }

    private String change(Delta.Maintained delta, Plan.Recursive recursive) {
        String table = states.table(delta.stored().number());
        if (!readsInputs(delta)) {
            return RecursionSql.recomputed(recursive, table, now);
        }
        Delta base = delta.inputChanges().getFirst();
        Delta term = delta.inputChanges().getLast();
        RecursiveTerm.apart(term, recursive.number()).forEach(this::shareNet);
        return new DeleteAndRederive(
                        recursive, table, StateSql.prefix(delta.stored()), now, expressions)
                .change(
                        Optional.of(base).filter(it -> !it.isNothing()).map(this::net),
                        Optional.of(term)
                                .filter(it -> !it.isNothing())
                                .map(it ->
                                        rows ->
                                                new DeltaSql(this, recursive.number(), rows)
                                                        .named(it)));
    }

    private String named(Delta delta) {
        return uses.getOrDefault(delta, 1) < 2
                ? select(delta)
                : "SELECT " + Expressions.weighted(delta.columns()) + " FROM " + shared(delta);
    }

    private String net(Delta delta) {
        return RekeyedSql.net(delta.columns(), named(delta)) + " <> 0";
    }

    /// Lets all read what is left of a delta when the rows that it removes and adds again are taken
    /// out.
    private void shareNet(Delta delta) {
        names.put(delta, define("delta", net(delta)));
        uses.put(delta, 2);
    }

    private void count(Delta delta) {
        if (uses.merge(delta, 1, Integer::sum) > 1) {
            return;
        }
        switch (delta) {
            case Delta.Flipped flipped -> {
                count(flipped.rightChange());
                count(flipped.rightChange());
            }
            case Delta.Rekeyed rekeyed -> {
                count(rekeyed.inputChange());
                count(rekeyed.inputChange());
            }
            case Delta.Maintained stored when !readsInputs(stored) ->
                    stored.inputChanges().stream()
                            .flatMap(Delta::all)
                            .filter(Delta.Maintained.class::isInstance)
                            .forEach(this::count);
            case Delta.Nothing _,
                    Delta.Pending _,
                    Delta.Filtered _,
                    Delta.Projected _,
                    Delta.Expanded _,
                    Delta.Padded _,
                    Delta.Sum _,
                    Delta.Product _,
                    Delta.Kept _,
                    Delta.Maintained _ ->
                    delta.inputs().forEach(this::count);
        }
    }

    /// A recursion that is recomputed does not ask for the changes of its terms.
    private static boolean readsInputs(Delta.Maintained delta) {
        return !(delta.stored().operator() instanceof Plan.Recursive recursive)
                || RecursionSql.strategy(recursive) == RecursionSql.Strategy.REDERIVED;
    }

    /// A FROM item for the delta: its common table expression, or the SELECT itself when it is used
    /// once.
    String from(Delta delta, String alias) {
        return uses.getOrDefault(delta, 1) < 2
                ? "(" + select(delta) + ") AS " + alias
                : shared(delta) + " AS " + alias;
    }

    /// The delta's common table expression.
    String shared(Delta delta) {
        String name = names.get(delta);
        if (name == null) {
            name = define("delta", select(delta));
            names.put(delta, name);
            uses.put(delta, 2);
        }
        return name;
    }

    String define(String stem, String select) {
        String name = stem + "_" + (expressions.size() + 1);
        expressions.add(name + " AS (" + select + ")");
        return name;
    }

    private String select(Delta delta) {
        return switch (delta) {
            case Delta.Nothing nothing ->
                    "SELECT "
                            + join(Expressions.nulls(nothing.columns()), "0 AS " + WEIGHT)
                            + " WHERE false";
            case Delta.Pending pending -> pending(pending.scan());
            case Delta.Filtered filtered ->
                    "SELECT "
                            + Expressions.weighted(filtered.columns())
                            + " FROM "
                            + from(filtered.input(), "i")
                            + " WHERE "
                            + Expressions.render(filtered.predicate());
            case Delta.Projected projected ->
                    "SELECT "
                            + join(PlanSql.assignments(projected.assignments()), WEIGHT)
                            + " FROM "
                            + from(projected.input(), "i");
            case Delta.Expanded expanded ->
                    "SELECT "
                            + Expressions.weighted(expanded.columns())
                            + " FROM "
                            + from(expanded.input(), "i")
                            + PlanSql.expansion(expanded.operator());
            case Delta.Padded padded -> padded(padded);
            case Delta.Sum sum ->
                    sum.terms().stream()
                            .map(term -> term(term, sum.columns()))
                            .collect(Collectors.joining("\n  UNION ALL "));
            case Delta.Product product -> product(product);
            case Delta.Kept kept -> new PartnersSql(this, now).kept(kept);
            case Delta.Flipped flipped -> new PartnersSql(this, now).flipped(flipped);
            case Delta.Rekeyed rekeyed ->
                    new RekeyedSql(now, before, this::define)
                            .select(rekeyed, shared(rekeyed.inputChange()));
            case Delta.Maintained stored ->
                    Objects.requireNonNull(maintained.get(stored.stored().number())).change();
        };
    }

    static String join(String first, String second) {
        return first.isEmpty() ? second : first + ", " + second;
    }

    private static String pending(Plan.Scan scan) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < scan.output().size(); i++) {
            targets.add(
                    PendingChanges.column(scan.sources().get(i).number())
                            + " AS "
                            + Identifier.quote(scan.output().get(i).name()));
        }
        targets.add(WEIGHT);
        return "SELECT "
                + String.join(", ", targets)
                + " FROM "
                + PendingChanges.name(scan.relation().oid());
    }

    private String padded(Delta.Padded padded) {
        Set<String> present =
                padded.input().columns().stream().map(Column::name).collect(Collectors.toSet());
        List<String> targets =
                padded.columns().stream()
                        .map(column ->
                                present.contains(column.name())
                                        ? "i." + Identifier.quote(column.name())
                                        : Expressions.nulls(List.of(column)))
                        .collect(Collectors.toCollection(ArrayList::new));
        targets.add("i." + WEIGHT);
        return "SELECT " + String.join(", ", targets) + " FROM " + from(padded.input(), "i");
    }

    private String term(Delta.Term term, List<Column> columns) {
        List<String> targets = new ArrayList<>();
        List<Column> own = term.delta().columns();
        for (int i = 0; i < columns.size(); i++) {
            targets.add(Expressions.converted("t", own.get(i), columns.get(i)));
        }
        targets.add((term.sign() == Sign.MINUS ? "-t." : "t.") + WEIGHT + " AS " + WEIGHT);
        return "SELECT " + String.join(", ", targets) + " FROM " + from(term.delta(), "t");
    }

    private String product(Delta.Product product) {
        String unless =
                equalities(product.condition()).isEmpty() ? unlessNothingChanged(product) : "";
        String weight = weight(product.left(), "l") + " * " + weight(product.right(), "r");
        return "SELECT "
                + join(Expressions.list(product.columns()), weight + " AS " + WEIGHT)
                + " FROM "
                + side(product.left(), product.right(), product.condition(), "l")
                + " JOIN "
                + side(product.right(), product.left(), product.condition(), "r")
                + " ON "
                + Expressions.render(product.condition())
                + unless;
    }

    /// Without an equality the whole of a side is read beside each changed row of the other, and
    /// first of all: not when there is none.
    private String unlessNothingChanged(Delta.Product product) {
        return Stream.of(product.left(), product.right())
                .filter(Side.Change.class::isInstance)
                .map(side -> changed(shared(((Side.Change) side).delta())))
                .collect(Collectors.joining(" AND ", " WHERE ", ""));
    }

    static String changed(String delta) {
        return "EXISTS (SELECT FROM " + delta + ")";
    }

    static List<Expr> equalities(Expr condition) {
        return condition.conjuncts().stream().filter(it -> it.equated().isPresent()).toList();
    }

    private static String weight(Side side, String alias) {
        return switch (side) {
            case Side.Change _ -> alias + "." + WEIGHT;
            case Side.Now _, Side.Before _ -> "1";
        };
    }

    private String side(Side side, Side other, Expr condition, String alias) {
        return switch (side) {
            case Side.Change(Delta delta) -> from(delta, alias);
            case Side.Now(Plan plan) -> beside(now, plan, other, condition, alias);
            case Side.Before(Plan plan) -> beside(before, plan, other, condition, alias);
        };
    }

    private String beside(PlanSql sql, Plan plan, Side other, Expr condition, String alias) {
        return other instanceof Side.Change(Delta delta) && AffectedRows.wouldCompute(plan)
                ? partnersOf(sql, plan, shared(delta), delta.columns(), condition, alias)
                : sql.from(plan, alias);
    }

    /// The rows of a plan that can have partners in `relation`, when PostgreSQL would not find them
    /// by itself.
    String partnersOf(
            PlanSql sql,
            Plan plan,
            String relation,
            List<Column> columns,
            Expr condition,
            String alias) {
        List<AffectedRows.Match> matches = AffectedRows.equated(plan, columns, condition);
        if (matches.isEmpty() || !AffectedRows.wouldCompute(plan)) {
            return sql.from(plan, alias);
        }
        String keys =
                define(
                        "keys",
                        "SELECT DISTINCT "
                                + matches.stream()
                                        .map(match -> Identifier.quote(match.key()))
                                        .distinct()
                                        .collect(Collectors.joining(", "))
                                + " FROM "
                                + relation);
        return "(" + AffectedRows.select(sql, plan, matches, keys) + ") AS " + alias;
    }
}
