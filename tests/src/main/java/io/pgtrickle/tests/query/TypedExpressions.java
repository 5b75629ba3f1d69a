package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Random expressions of the rarer kinds: of composite, range, array and JSON columns, whole rows,
/// collations, row comparisons, user functions.
final class TypedExpressions {
    private static final boolean SQL_JSON = Integer.getInteger("pg.version", 18) > 16;

    private final Dice dice;
    private final Expressions scope;

    TypedExpressions(Dice dice, Expressions scope) {
        this.dice = dice;
        this.scope = scope;
    }

    /// One of any type.
    Expr any() {
        List<Expr> atoms = scope.atoms();
        if (dice.chance(0.2)) {
            Optional<Expr> row = wholeRow();
            if (row.isPresent()) {
                return row.get();
            }
        }
        Expr atom = dice.pick(atoms);
        return over(atom);
    }

    /// One of a type's family, if there is any.
    Optional<Expr> of(Type type) {
        List<Expr> tried = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tried.add(any());
        }
        return tried.stream().filter(it -> it.type().family() == type.family()).findFirst();
    }

    private Expr over(Expr atom) {
        return switch (atom.type().family()) {
            case PAIR -> pair(atom);
            case RANGE -> range(atom);
            case MULTIRANGE ->
                    dice.oneOf(
                            Expr.call("(§ @> 2)", Type.BOOL, atom),
                            Expr.call("range_merge(§)", Type.RANGE, atom));
            case ARRAY, TEXTS -> array(atom);
            case JSONB -> json(atom);
            case JSON -> Expr.call("(§ ->> 'a')", Type.TEXT, atom);
            case TEXT -> text(atom);
            case DATE -> date(atom);
            case TIME ->
                    Expr.call(
                            "extract(hour from § AT TIME ZONE 'UTC')::integer", Type.INTEGER, atom);
            case ENUM -> Expr.call("(§ = ANY (ARRAY['sad', 'ok']::mood[]))", Type.BOOL, atom);
            case INTEGRAL, NUMBER -> number(atom);
            case INTERVAL -> Expr.call("(§ * 2)", Type.INTERVAL, atom);
            case FLOAT -> Expr.call("(§ = 'NaN'::double precision)", Type.BOOL, atom);
            case BOOL -> Expr.call("(§ IS NOT UNKNOWN)", Type.BOOL, atom);
            case UUID -> Expr.call("(§)::text", Type.TEXT, atom);
            case XML -> Expr.call("(§ IS DOCUMENT)", Type.BOOL, atom);
            case RECORD -> Expr.call("(§ IS NULL)", Type.BOOL, atom);
        };
    }

    private Expr pair(Expr atom) {
        return dice.oneOf(
                labelled("(§).x", Type.INTEGER, "composite", atom),
                labelled("(§).y", Type.TEXT, "composite", atom),
                labelled("(§ IS NULL)", Type.BOOL, "composite", atom),
                labelled("(§ < '(2,a)'::pair)", Type.BOOL, "composite", atom));
    }

    private Expr range(Expr atom) {
        return dice.oneOf(
                labelled("lower(§)", Type.INTEGER, "range", atom),
                labelled("(§ @> 2)", Type.BOOL, "range", atom),
                labelled("(§ * '[1,4)'::int4range)", Type.RANGE, "range", atom),
                labelled("(§ && '[2,6)'::int4range)", Type.BOOL, "range", atom));
    }

    private Expr array(Expr atom) {
        Type element = atom.type() == Type.ARRAY ? Type.INTEGER : Type.TEXT;
        return dice.oneOf(
                labelled("(§)[1]", element, "array", atom),
                labelled("cardinality(§)", Type.INTEGER, "array", atom),
                labelled("(§ || §)", atom.type(), "array", atom, atom),
                labelled("(§ = ANY (§))", Type.BOOL, "array", scope.of(element, 0), atom));
    }

    private Expr json(Expr atom) {
        if (SQL_JSON && dice.chance(0.3)) {
            return dice.oneOf(
                    labelled("JSON_VALUE(§, '$.b[0]')", Type.TEXT, "sql/json", atom),
                    labelled("JSON_EXISTS(§, '$.a')", Type.BOOL, "sql/json", atom),
                    labelled("JSON_QUERY(§, '$.b')", Type.JSONB, "sql/json", atom));
        }
        return dice.oneOf(
                labelled("(§ -> 'a')", Type.JSONB, "jsonb", atom),
                labelled("jsonb_typeof(§)", Type.TEXT, "jsonb", atom),
                labelled("(§ @> '{\"a\": 1}'::jsonb)", Type.BOOL, "jsonb", atom),
                labelled("(§ ? 'a')", Type.BOOL, "jsonb", atom),
                labelled("(§ #>> '{b,0}')", Type.TEXT, "jsonb", atom),
                labelled("jsonb_build_array(§, 1, NULL)", Type.JSONB, "jsonb", atom));
    }

    private Expr text(Expr atom) {
        return dice.oneOf(
                labelled("(§ COLLATE \"C\")", Type.TEXT, "collation", atom),
                labelled("(§ COLLATE \"C\" < 'a')", Type.BOOL, "collation", atom),
                Expr.call("(§ ~ '^[ab]')", Type.BOOL, atom),
                Expr.call("(§ ILIKE 'A%')", Type.BOOL, atom),
                Expr.call("SUBSTRING(§ FROM 1 FOR 1)", Type.TEXT, atom),
                Expr.call("POSITION('a' IN §)", Type.INTEGER, atom),
                Expr.call("(§ SIMILAR TO '(a|b)%')", Type.BOOL, atom),
                labelled("shout(§)", Type.TEXT, "user function", atom),
                Expr.call("md5(§)", Type.TEXT, atom));
    }

    private Expr date(Expr atom) {
        return dice.oneOf(
                Expr.call("EXTRACT(month FROM §)::integer", Type.INTEGER, atom),
                Expr.call("(§ - '2024-02-01'::date)", Type.INTEGER, atom),
                Expr.call(
                        "((§, §) OVERLAPS ('2024-01-01'::date, '2024-02-11'::date))",
                        Type.BOOL,
                        atom,
                        scope.of(Type.DATE, 0)));
    }

    private Expr number(Expr atom) {
        Expr other = scope.of(Type.INTEGER, 0);
        Expr text = scope.of(Type.TEXT, 0);
        return dice.oneOf(
                Expr.call("((§, §) < (2, 1))", Type.BOOL, atom, other),
                Expr.call("((§, §) IN ((1, 2), (0, 0)))", Type.BOOL, atom, other),
                Expr.call("(§ BETWEEN SYMMETRIC § AND 3)", Type.BOOL, atom, other),
                Expr.call("num_nulls(§, §)", Type.INTEGER, atom, text),
                Expr.call("CASE § WHEN 1 THEN 'one' WHEN 2 THEN 'two' END", Type.TEXT, atom),
                labelled(
                        "ROW((§ % 100)::integer, §::text)::pair",
                        Type.PAIR, "composite", other, text),
                labelled("twice((§ % 100)::integer)", Type.INTEGER, "user function", other),
                Expr.call("concat_ws(',', §, §)", Type.TEXT, other, text),
                labelled("jsonb_build_object('k', §)", Type.JSONB, "jsonb", other),
                labelled("ARRAY[(§ % 100)::integer, 4]", Type.ARRAY, "array", other));
    }

    /// A row as a value; its text is determined where that of all columns is.
    private Optional<Expr> wholeRow() {
        Map<String, List<Field>> rows = new LinkedHashMap<>();
        for (Expr atom : scope.atoms()) {
            if (atom instanceof Expr.Ref(String alias, Field field)) {
                rows.computeIfAbsent(alias, _ -> new ArrayList<>()).add(field);
            }
        }
        if (rows.isEmpty()) {
            return Optional.empty();
        }
        String alias = dice.pick(List.copyOf(rows.keySet()));
        List<Field> fields = rows.getOrDefault(alias, List.of());
        boolean printable = fields.stream().allMatch(it -> it.exact() && it.type().printsTheSame());
        Expr row = new Expr.Ref(alias, new Field("", Type.RECORD, printable));
        Expr missing = Expr.of("(§ IS NULL)", Type.BOOL, true, List.of(row), "");
        return Optional.of(
                printable
                        ? dice.oneOf(
                                Expr.call("(§)::text", Type.TEXT, row),
                                Expr.call("to_jsonb(§)", Type.JSONB, row),
                                missing)
                        : missing);
    }

    private static Expr labelled(String template, Type type, String label, Expr... arguments) {
        List<Expr> list = List.of(arguments);
        return Expr.of(template, type, list.stream().allMatch(Expr::exact), list, label);
    }
}
