package io.pgtrickle.tests.query;

import java.util.List;

/// Something that a query can name in FROM.
///
/// @param key the columns of the primary key, empty without one
public record Relation(String name, List<Field> fields, List<String> key) {
    public Relation {
        fields = List.copyOf(fields);
        key = List.copyOf(key);
    }

    /// A relation without a key.
    public static Relation of(String name, List<Field> fields) {
        return new Relation(name, fields, List.of());
    }
}
