package io.pgtrickle.tests.query;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Makes queries smaller. Every alias is defined once in a query, so a name that lost what it stood
/// for can be found and becomes NULL.
public final class Simplification {
    private Simplification() {}

    /// Queries with one part less; some of them are not valid SQL.
    public static List<Rel> of(Rel query) {
        long size = size(query);
        int length = query.sql().length();
        return query.smaller().stream()
                .map(it -> repaired((Rel) it))
                .filter(it -> size(it) < size || (size(it) == size && it.sql().length() < length))
                .toList();
    }

    private static long size(Rel query) {
        return query.all().count();
    }

    private static Rel repaired(Rel query) {
        Map<String, Set<String>> known = new HashMap<>();
        query.all()
                .filter(From.class::isInstance)
                .forEach(it ->
                        ((From) it)
                                .scope()
                                .forEach((alias, fields) -> {
                                    Set<String> names =
                                            known.computeIfAbsent(alias, _ -> new HashSet<>());
                                    names.add("");
                                    fields.forEach(field -> names.add(field.name()));
                                }));
        return (Rel)
                query.map(node ->
                        node instanceof Expr.Ref(String alias, Field field)
                                        && !known.getOrDefault(alias, Set.of())
                                                .contains(field.name())
                                ? Expr.nullOf(field.type())
                                : node);
    }
}
