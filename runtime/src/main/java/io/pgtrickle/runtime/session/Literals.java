package io.pgtrickle.runtime.session;

import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.session.Session.ArrayOf;
import java.sql.SQLException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Puts parameters into statements as literals, for a session that takes text only.
final class Literals {
    private Literals() {}

    /// The statement with the question marks outside of quotes replaced, in order.
    static String fill(String sql, @Nullable Object... parameters) throws SQLException {
        StringBuilder filled = new StringBuilder();
        char quote = 0;
        int next = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (c == '?' && quote == 0) {
                if (next == parameters.length) {
                    throw new SQLException("too few parameters for: " + sql, "07001");
                }
                filled.append(literal(parameters[next++]));
                continue;
            }
            if (quote == 0 && (c == '\'' || c == '"')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            }
            filled.append(c);
        }
        if (next != parameters.length) {
            throw new SQLException("too many parameters for: " + sql, "07001");
        }
        return filled.toString();
    }

    private static String literal(@Nullable Object value) {
        return switch (value) {
            case null -> "NULL";
            case String text -> Identifier.literal(text);
            case Long number -> "CAST(" + Identifier.literal(number.toString()) + " AS bigint)";
            case Integer number -> "CAST(" + Identifier.literal(number.toString()) + " AS int)";
            case Double number -> "CAST(" + Identifier.literal(number.toString()) + " AS float8)";
            case Boolean truth -> truth.toString();
            case ArrayOf(String type, List<?> elements) ->
                    elements.stream()
                            .map(Literals::literal)
                            .collect(
                                    Collectors.joining(
                                            ", ",
                                            "CAST(ARRAY[",
                                            "] AS " + Identifier.quote(type) + "[])"));
            default -> throw new IllegalArgumentException("no literal for " + value.getClass());
        };
    }
}
