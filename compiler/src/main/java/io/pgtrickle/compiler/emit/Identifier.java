package io.pgtrickle.compiler.emit;

import java.util.Locale;
import java.util.regex.Pattern;

/// An SQL identifier as the catalog holds it, without quotes.
///
/// @param value any text PostgreSQL accepts as a name
public record Identifier(String value) {
    /// Names that no keyword can be: those made by the compiler.
    private static final Pattern GENERATED =
            Pattern.compile("__pgt_[a-z0-9_]*|[a-z_][a-z0-9_]*_[0-9]+|c[0-9]+");

    /// The identifier as SQL text; quoted unless the compiler made it.
    public String quoted() {
        return GENERATED.matcher(value).matches()
                ? value
                : "\"" + value.replace("\"", "\"\"") + "\"";
    }

    /// `name` as SQL text.
    public static String quote(String name) {
        return new Identifier(name).quoted();
    }

    /// `schema.name` as SQL text.
    public static String quote(String schema, String name) {
        return quote(schema) + "." + quote(name);
    }

    /// `text` as a string literal.
    public static String literal(String text) {
        String body = text.replace("'", "''");
        return body.contains("\\") ? " E'" + body.replace("\\", "\\\\") + "'" : "'" + body + "'";
    }

    /// `name` cut so that it fits PostgreSQL's 63 bytes together with a suffix that makes it
    /// unique.
    public static String fitting(String name, String suffix) {
        String kept = name;
        while ((kept + suffix).getBytes(java.nio.charset.StandardCharsets.UTF_8).length > 63) {
            kept = kept.substring(0, kept.offsetByCodePoints(kept.length(), -1));
        }
        return kept + suffix;
    }

    /// A readable stem for generated column names: lower-case letters, digits and underscores, at
    /// most 30 of them.
    public static String stem(String name) {
        String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        return plain.length() > 30 ? plain.substring(0, 30) : plain;
    }
}
