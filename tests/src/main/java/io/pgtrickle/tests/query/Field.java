package io.pgtrickle.tests.query;

/// A column of a relation.
///
/// @param exact whether SQL determines the value's image, not only what it equals: not so for a
///   numeric that grouped `1.0` with `1.00`
public record Field(String name, Type type, boolean exact) {

    /// A name as an identifier, always quoted.
    public static String quote(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    Field ambiguous() {
        return new Field(name, type, exact && type.looksEqualWhenEqual());
    }
}
