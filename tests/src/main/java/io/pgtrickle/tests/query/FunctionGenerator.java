package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.From.Function.Columns;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;

/// Random set-returning functions and table expressions, in FROM and in the list of a SELECT.
final class FunctionGenerator {
    // PostgreSQL 16 has no JSON_TABLE.
    private static final boolean JSON_TABLE = Integer.getInteger("pg.version", 18) > 16;

    private final QueryGenerator queries;
    private final Dice dice;

    FunctionGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// A function in FROM whose arguments are columns, constants without columns.
    From.Function function(List<Expr> atoms) {
        Expressions scope = new Expressions(dice, atoms.isEmpty() ? constants() : atoms);
        return switch (dice.between(0, 8)) {
            case 0 -> numbered("generate_series(1, (abs(§) % 4)::integer)", scope);
            case 1 -> numbered("unnest(ARRAY[§, § , 3]::integer[])", scope);
            case 2 -> array(scope);
            case 3 -> elements(scope);
            case 4 -> each(scope);
            case 5 -> rowsFrom(scope);
            case 6 -> text(scope);
            case 7 -> xmlTable(scope);
            default -> jsonTable(scope);
        };
    }

    private List<Expr> constants() {
        return List.of(
                Values.constant(dice, Type.INTEGER),
                Expr.constant("'{\"b\": [1, 2]}'::jsonb", Type.JSONB),
                Values.constant(dice, Type.TEXT));
    }

    private From.Function of(
            String template, List<Expr> arguments, List<Field> fields, String label) {
        if (dice.chance(0.3)) {
            List<Field> all = new ArrayList<>(fields);
            all.add(new Field("ord", Type.BIGINT, true));
            return new From.Function(
                    template + " WITH ORDINALITY",
                    arguments,
                    queries.alias(),
                    all,
                    Columns.IN_ALIAS,
                    label + " with ordinality");
        }
        return new From.Function(
                template, arguments, queries.alias(), fields, Columns.IN_ALIAS, label);
    }

    private Expr small(Expressions scope) {
        Expr number = scope.of(Type.INTEGER, 0);
        return Expr.call("(§ % 100)::integer", Type.INTEGER, number);
    }

    private From.Function numbered(String template, Expressions scope) {
        int holes = (int) template.chars().filter(it -> it == Expr.HOLE).count();
        List<Expr> arguments = new ArrayList<>();
        for (int i = 0; i < holes; i++) {
            arguments.add(small(scope));
        }
        String name = template.substring(0, template.indexOf('('));
        return of(template, arguments, List.of(new Field("g", Type.INTEGER, true)), name);
    }

    private From.Function array(Expressions scope) {
        Expr array = scope.of(Type.ARRAY, 0);
        Expr texts = scope.of(Type.TEXTS, 0);
        return dice.chance(0.5)
                ? of(
                        "unnest(§)",
                        List.of(array),
                        List.of(new Field("e", Type.INTEGER, array.exact())),
                        "unnest")
                : of(
                        "unnest(§, §)",
                        List.of(array, texts),
                        List.of(
                                new Field("e", Type.INTEGER, array.exact()),
                                new Field("f", Type.TEXT, texts.exact())),
                        "unnest of several");
    }

    private From.Function elements(Expressions scope) {
        Expr value = scope.of(Type.JSONB, 0);
        return of(
                "jsonb_array_elements(CASE WHEN jsonb_typeof(§ -> 'b') = 'array' THEN § -> 'b' ELSE '[1, {}]'::jsonb END)",
                List.of(value, value),
                List.of(new Field("e", Type.JSONB, value.exact())),
                "jsonb_array_elements");
    }

    private From.Function each(Expressions scope) {
        Expr value = scope.of(Type.JSONB, 0);
        return of(
                "jsonb_each_text(CASE WHEN jsonb_typeof(§) = 'object' THEN § END)",
                List.of(value, value),
                List.of(new Field("k", Type.TEXT, true), new Field("v", Type.TEXT, value.exact())),
                "jsonb_each_text");
    }

    private From.Function rowsFrom(Expressions scope) {
        return of(
                "ROWS FROM (generate_series(1, (abs(§) % 3)::integer), unnest(ARRAY[§, 8]))",
                List.of(small(scope), small(scope)),
                List.of(new Field("g", Type.INTEGER, true), new Field("u", Type.INTEGER, true)),
                "rows from");
    }

    private From.Function text(Expressions scope) {
        Expr value = scope.of(Type.TEXT, 0);
        return of(
                dice.oneOf("string_to_table(§, '|')", "regexp_split_to_table(§, ' ')"),
                List.of(value),
                List.of(new Field("word", Type.TEXT, value.exact())),
                "words of a text");
    }

    private From.Function xmlTable(Expressions scope) {
        return new From.Function(
                "XMLTABLE('/r/v' PASSING xmlelement(name r, xmlelement(name v, §), xmlelement(name v, §))"
                        + " COLUMNS ord FOR ORDINALITY, v integer PATH '.')",
                List.of(
                        Expr.call("COALESCE(§, 0)", Type.INTEGER, small(scope)),
                        Expr.call("COALESCE(§, 1)", Type.INTEGER, small(scope))),
                queries.alias(),
                List.of(new Field("ord", Type.INTEGER, true), new Field("v", Type.INTEGER, true)),
                Columns.IN_TEXT,
                "xmltable");
    }

    private From.Function jsonTable(Expressions scope) {
        Expr value = scope.of(Type.JSONB, 0);
        return JSON_TABLE
                ? new From.Function(
                        "JSON_TABLE(§, '$.b[*]' COLUMNS (ord FOR ORDINALITY, v integer PATH '$' NULL ON ERROR,"
                                + " t text PATH '$' NULL ON ERROR))",
                        List.of(value),
                        queries.alias(),
                        List.of(
                                new Field("ord", Type.INTEGER, true),
                                new Field("v", Type.INTEGER, true),
                                new Field("t", Type.TEXT, value.exact())),
                        Columns.IN_TEXT,
                        "json_table")
                : elements(scope);
    }

    /// A SELECT with set-returning functions in its list.
    Rel rows(Scope scope) {
        From from = queries.froms().from(scope);
        Expressions expressions = queries.expressions(scope, from.atoms());
        List<Target> targets = new ArrayList<>();
        int plain = dice.between(1, 3);
        for (int i = 0; i < plain; i++) {
            queries.add(targets, expressions.any(1));
        }
        Expressions plainly = expressions.plain();
        int count = dice.between(1, 2);
        for (int i = 0; i < count; i++) {
            queries.add(targets, listed(plainly));
        }
        return Rel.Select.of(targets, from, queries.where(scope, expressions));
    }

    private Expr listed(Expressions scope) {
        String label = "set-returning target";
        return switch (dice.between(0, 3)) {
            case 0 ->
                    Expr.of(
                            "unnest(§)",
                            Type.INTEGER,
                            true,
                            List.of(scope.of(Type.ARRAY, 0)),
                            label);
            case 1 -> {
                Expr value = scope.of(Type.TEXT, 0);
                yield Expr.of(
                        "string_to_table(§, 'b')", Type.TEXT, value.exact(), List.of(value), label);
            }
            default ->
                    Expr.of(
                            dice.oneOf(
                                    "generate_series(1, (abs(§) % 3)::integer)",
                                    "generate_series(§, 3)"),
                            Type.INTEGER,
                            true,
                            List.of(
                                    Expr.call(
                                            "(§ % 4)::integer",
                                            Type.INTEGER, scope.of(Type.INTEGER, 0))),
                            label);
        };
    }
}
