package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The types, functions and aggregates that random schemas and queries may use.
final class Definitions {
    private static final Map<String, String> ROUTINES =
            new TreeMap<>(
                    Map.of(
                            "total(",
                            "CREATE AGGREGATE total(bigint) (SFUNC = int8pl, STYPE = bigint, INITCOND = '0')",
                            "glued(",
                            "CREATE AGGREGATE glued(text) (SFUNC = textcat, STYPE = text)",
                            "shout(",
                            "CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT upper($1) || '!' $$",
                            "twice(",
                            "CREATE FUNCTION twice(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 * 2 $$"));

    private Definitions() {}

    /// The statements that a scenario needs first.
    static List<String> usedBy(Scenario scenario) {
        String queries =
                Stream.concat(
                                scenario.views().stream().map(Scenario.View::query),
                                scenario.streamTables().stream().map(Scenario.StreamTable::query))
                        .map(it -> it.sql())
                        .collect(Collectors.joining("\n"));
        Predicate<Type> column =
                type ->
                        scenario.tables().stream()
                                .flatMap(it -> it.columns().stream())
                                .anyMatch(it -> it.type() == type);
        List<String> found = new ArrayList<>();
        Arrays.stream(Type.values())
                .filter(it ->
                        column.test(it)
                                || queries.contains("::" + it.sql())
                                || queries.contains(" AS " + it.sql() + ")"))
                .flatMap(it -> it.definition().stream())
                .forEach(found::add);
        ROUTINES.forEach((call, sql) -> {
            if (queries.contains(call)) {
                found.add(sql);
            }
        });
        return found;
    }
}
