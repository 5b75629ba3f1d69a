package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.SetOperation;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Random recursive queries that end: UNION over what is there, UNION ALL with a limit of the depth
/// or along growing numbers.
final class RecursionGenerator {
    private static final String LOOPED = "looped";

    private final QueryGenerator queries;
    private final Dice dice;

    RecursionGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// Two numbers of each row of a relation.
    private record Edges(From from, Expr source, Expr target) {}

    /// A recursive common table expression and a query over it.
    Rel recursive(Scope scope) {
        return switch (dice.between(0, 5)) {
            case 0, 1, 2 -> closure(scope);
            case 3 -> levels(scope);
            case 4 -> ascending(scope);
            default -> counting(scope);
        };
    }

    private Edges edges(Scope scope) {
        From from =
                scope.depth() > 1 && dice.chance(0.3)
                        ? new From.Sub("", queries.query(scope.deeper()), queries.alias())
                        : queries.froms().named(scope);
        List<Expr> numbers =
                from.atoms().stream()
                        .filter(it -> it.type().family() == Type.Family.INTEGRAL)
                        .toList();
        Expr source = numbers.isEmpty() ? Values.constant(dice, Type.INTEGER) : numbers.getFirst();
        Expr target =
                numbers.size() > 1
                        ? numbers.get(1)
                        : Expr.call(
                                dice.oneOf("((§ + 3) % 7)", "(§ / 2)", "((§ * 5) % 11)"),
                                source.type(),
                                source);
        return new Edges(from, whole(source), whole(target));
    }

    private static Expr whole(Expr value) {
        return value.type() == Type.INTEGER
                ? value
                : Expr.call("(§ % 1000)::integer", Type.INTEGER, value);
    }

    private static Field number(String name) {
        return new Field(name, Type.INTEGER, true);
    }

    private Optional<Expr> some(Scope scope, Edges edges, double probability) {
        return dice.chance(probability)
                ? Optional.of(queries.expressions(scope, edges.from().atoms()).predicate(1))
                : Optional.empty();
    }

    /// The pairs that edges connect, through cycles too.
    private Rel closure(Scope scope) {
        List<Field> fields = List.of(number("x"), number("y"));
        String name = "path " + queries.number();
        Edges first = edges(scope);
        Rel root =
                Rel.Select.of(
                        List.of(new Target("x", first.source()), new Target("y", first.target())),
                        first.from(),
                        some(scope, first, 0.4));
        if (dice.chance(0.25)) {
            Edges other = edges(scope);
            root =
                    new SetOperation(
                            SetOperation.Kind.UNION,
                            dice.oneOf(Duplicates.KEEP, Duplicates.REMOVE),
                            root,
                            Rel.Select.of(
                                    List.of(
                                            new Target("x", other.target()),
                                            new Target("y", other.source())),
                                    other.from(),
                                    some(scope, other, 0.5)));
        }
        From.Named self = new From.Named(Relation.of(name, fields), queries.alias());
        Expr x = self.atoms().get(0);
        Expr y = self.atoms().get(1);
        Edges next = edges(scope);
        From.Join.Kind kind = dice.chance(0.8) ? From.Join.Kind.INNER : From.Join.Kind.LEFT;
        Expr on = Expr.call("(§ = §)", Type.BOOL, y, next.source());
        Rel step =
                new Rel.Select(
                        dice.chance(0.15) ? Duplicates.REMOVE : Duplicates.KEEP,
                        List.of(
                                new Target("x", dice.chance(0.8) ? x : y),
                                new Target("y", next.target())),
                        From.Join.on(kind, self, next.from(), on),
                        some(scope, next, 0.3),
                        Rel.Grouping.NONE,
                        Optional.empty(),
                        List.of());
        String suffix =
                dice.chance(0.2) && root instanceof Rel.Select
                        ? dice.oneOf(
                                " SEARCH DEPTH FIRST BY x, y SET seq",
                                " SEARCH BREADTH FIRST BY y SET seq",
                                " CYCLE x, y SET " + LOOPED + " USING trail",
                                " CYCLE y SET " + LOOPED + " USING trail",
                                " SEARCH DEPTH FIRST BY y SET seq CYCLE x SET "
                                        + LOOPED
                                        + " USING trail")
                        : "";
        return finished(scope, name, fields, Duplicates.REMOVE, root, step, suffix);
    }

    /// Down to a depth, every way counted.
    private Rel levels(Scope scope) {
        List<Field> fields = List.of(number("x"), number("depth"));
        String name = "level " + queries.number();
        Edges first = edges(scope);
        Rel root =
                Rel.Select.of(
                        List.of(
                                new Target("x", first.source()),
                                new Target("depth", Expr.constant("1", Type.INTEGER))),
                        first.from(),
                        some(scope, first, 0.6));
        From.Named self = new From.Named(Relation.of(name, fields), queries.alias());
        Expr depth = self.atoms().get(1);
        Edges next = edges(scope);
        Expr on = Expr.call("(§ = §)", Type.BOOL, self.atoms().getFirst(), next.source());
        Rel step =
                Rel.Select.of(
                        List.of(
                                new Target("x", next.target()),
                                new Target("depth", Expr.call("(§ + 1)", Type.INTEGER, depth))),
                        From.Join.on(From.Join.Kind.INNER, self, next.from(), on),
                        Optional.of(
                                Expr.call("(§ < " + dice.between(2, 3) + ")", Type.BOOL, depth)));
        return finished(
                scope,
                name,
                fields,
                dice.oneOf(Duplicates.KEEP, Duplicates.REMOVE),
                root,
                step,
                "");
    }

    /// Along edges that lead to larger numbers.
    private Rel ascending(Scope scope) {
        List<Field> fields = List.of(number("x"), new Field("trail", Type.TEXT, true));
        String name = "up " + queries.number();
        Edges first = edges(scope);
        Rel root =
                Rel.Select.of(
                        List.of(
                                new Target("x", first.target()),
                                new Target(
                                        "trail", Expr.call("§::text", Type.TEXT, first.source()))),
                        first.from(),
                        some(scope, first, 0.5));
        From.Named self = new From.Named(Relation.of(name, fields), queries.alias());
        Expr x = self.atoms().get(0);
        Edges next = edges(scope);
        Expr on = Expr.call("(§ = §)", Type.BOOL, x, next.source());
        Rel step =
                Rel.Select.of(
                        List.of(
                                new Target("x", next.target()),
                                new Target(
                                        "trail",
                                        Expr.call(
                                                "(§ || '>' || §::text)",
                                                Type.TEXT,
                                                self.atoms().get(1),
                                                x))),
                        From.Join.on(From.Join.Kind.INNER, self, next.from(), on),
                        Optional.of(Expr.call("(§ > §)", Type.BOOL, next.target(), x)));
        return finished(scope, name, fields, Duplicates.KEEP, root, step, "");
    }

    /// Numbers that are counted up, from one or from what a relation has.
    private Rel counting(Scope scope) {
        List<Field> fields = List.of(number("n"));
        String name = "numbers " + queries.number();
        Edges first = edges(scope);
        Rel root =
                dice.chance(0.4)
                        ? new Rel.Values(
                                List.of(List.of(Expr.constant("1::integer", Type.INTEGER))))
                        : Rel.Select.of(
                                List.of(new Target("n", first.source())),
                                first.from(),
                                some(scope, first, 0.3));
        From.Named self = new From.Named(Relation.of(name, fields), queries.alias());
        Expr n = self.atoms().getFirst();
        Rel step =
                Rel.Select.of(
                        List.of(new Target("n", Expr.call("(§ + 1)", Type.INTEGER, n))),
                        self,
                        Optional.of(
                                Expr.call(
                                        "(§ BETWEEN 0 AND " + dice.between(3, 6) + ")",
                                        Type.BOOL,
                                        n)));
        return finished(
                scope,
                name,
                fields,
                dice.oneOf(Duplicates.KEEP, Duplicates.REMOVE),
                root,
                step,
                "");
    }

    private Rel finished(
            Scope scope,
            String name,
            List<Field> fields,
            Duplicates duplicates,
            Rel root,
            Rel step,
            String suffix) {
        List<Relation> known = new ArrayList<>();
        scope.relations().stream().limit(2).forEach(known::add);
        List<Field> shown = new ArrayList<>(fields);
        if (suffix.contains(LOOPED)) {
            shown.add(new Field(LOOPED, Type.BOOL, true));
        }
        for (int i = 0; i < 3; i++) {
            known.add(Relation.of(name, shown));
        }
        Rel body = queries.select(scope.with(known).deeper());
        return new Tables.Recursive(name, fields, duplicates, root, step, suffix, body);
    }
}
