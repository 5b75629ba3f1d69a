package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.Grouping;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Random queries. Each has one determined answer.
public final class QueryGenerator {

    /// What queries may consist of.
    public enum Repertoire {
        /// Inner and left joins, common aggregates, DISTINCT, UNION, sub-selects and plain common
        /// table expressions: what must always be differential.
        BASIC,
        /// Everything.
        ALL
    }

    private static final List<String> NAMES =
            List.of(
                    "v",
                    "n",
                    "select",
                    "Total",
                    "xid",
                    "weight",
                    "change_id",
                    "c1",
                    "a b",
                    "q\"q",
                    "k",
                    "größe",
                    "order");
    private static final int SUB_QUERIES = 3;

    private final Dice dice;
    private final Repertoire repertoire;
    private final FromGenerator froms;
    private final GroupGenerator groups;
    private int aliases;
    private int tables;
    private int subQueries;

    /// A generator that takes its choices from these dice.
    public QueryGenerator(Dice dice, Repertoire repertoire) {
        this.dice = dice;
        this.repertoire = repertoire;
        this.froms = new FromGenerator(this);
        this.groups = new GroupGenerator(this);
    }

    /// A query over some of the relations.
    ///
    /// @param depth how deep sub-selects may nest
    public Rel query(List<Relation> relations, int depth) {
        subQueries = SUB_QUERIES;
        return query(new Scope(relations, List.of(), depth));
    }

    Rel query(Scope scope) {
        if (scope.depth() > 0 && dice.chance(0.1)) {
            return with(scope);
        }
        if (all() && dice.chance(scope.depth() > 0 ? 0.6 : 0.2)) {
            return special(scope);
        }
        return dice.chance(0.12) ? new SetGenerator(this).union(scope) : select(scope);
    }

    private Rel with(Scope scope) {
        Rel definition = query(scope.deeper());
        tables++;
        String name = "cte " + tables;
        List<Relation> known = new ArrayList<>(scope.relations());
        // Twice, so that it is often joined with itself.
        known.add(Relation.of(name, definition.fields()));
        known.add(Relation.of(name, definition.fields()));
        String hint = all() ? dice.oneOf("", "MATERIALIZED ", "NOT MATERIALIZED ") : "";
        return new Tables.With(name, hint, definition, select(scope.with(known)));
    }

    /// A query of one of the families that are not basic.
    private Rel special(Scope scope) {
        return switch (dice.between(0, 15)) {
            case 0, 1 -> new SetGenerator(this).any(scope);
            case 2, 3 -> groups.sets(scope);
            case 4, 5, 6 -> new WindowGenerator(this).windowed(scope);
            case 7 -> new WindowGenerator(this).first(scope);
            case 8, 9 -> new OrderGenerator(this).top(scope);
            case 10 -> new OrderGenerator(this).distinctOn(scope);
            case 11, 12 -> new RecursionGenerator(this).recursive(scope);
            case 13 -> groups.rich(scope);
            case 14 -> new FunctionGenerator(this).rows(scope);
            default -> groups.overWindows(scope);
        };
    }

    /// A SELECT without order.
    Rel.Select select(Scope scope) {
        From from = froms.from(scope);
        Expressions expressions = expressions(scope, from.atoms());
        Optional<Expr> where = where(scope, expressions);
        if (dice.chance(0.4)) {
            return groups.grouped(scope, from, expressions, where);
        }
        List<Target> targets = new ArrayList<>();
        int count = dice.between(1, 5);
        for (int i = 0; i < count; i++) {
            add(targets, expressions.any(2));
        }
        boolean distinct =
                dice.chance(0.2)
                        && targets.stream().allMatch(it -> it.expression().type().hasEquality());
        return new Rel.Select(
                distinct ? Duplicates.REMOVE : Duplicates.KEEP,
                targets,
                from,
                where,
                Grouping.NONE,
                Optional.empty(),
                List.of());
    }

    /// A condition for WHERE; in a correlated query it often compares with a column outside.
    Optional<Expr> where(Scope scope, Expressions expressions) {
        Optional<Expr> own =
                dice.chance(0.4) ? Optional.of(expressions.predicate(2)) : Optional.empty();
        if (scope.outer().isEmpty() || dice.chance(0.3)) {
            return own;
        }
        Expr link = expressions.plain().condition(expressions.atoms(), scope.outer(), 0.8);
        return own.map(it -> Expr.call("(§ AND §)", Type.BOOL, link, it))
                .or(() -> Optional.of(link));
    }

    /// Expressions over columns, with sub-queries where the repertoire has them.
    Expressions expressions(Scope scope, List<Expr> atoms) {
        return all()
                ? new Expressions(dice, atoms, new SubqueryGenerator(this, scope))
                : new Expressions(dice, atoms);
    }

    void add(List<Target> targets, Expr value) {
        String wished =
                value instanceof Expr.Ref(_, Field field)
                                && !field.name().isEmpty()
                                && dice.chance(0.5)
                        ? field.name()
                        : dice.pick(NAMES);
        String name = wished;
        for (int i = 2; taken(targets, name); i++) {
            name = wished + i;
        }
        targets.add(new Target(name, value));
    }

    private static boolean taken(List<Target> targets, String name) {
        return targets.stream().anyMatch(it -> it.name().equals(name));
    }

    Dice dice() {
        return dice;
    }

    boolean all() {
        return repertoire == Repertoire.ALL;
    }

    FromGenerator froms() {
        return froms;
    }

    GroupGenerator groups() {
        return groups;
    }

    String alias() {
        aliases++;
        return dice.chance(0.1) ? "A " + aliases : "r" + aliases;
    }

    /// A name for a common table expression or a window.
    int number() {
        return ++tables;
    }

    /// Whether one more sub-query may be made; there are only so many in a query.
    boolean spend() {
        return subQueries > 0 && subQueries-- > 0;
    }
}
