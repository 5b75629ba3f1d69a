package io.pgtrickle.server.endpoint;

import java.util.Optional;

/// Reads string literals as `quote_literal()` writes them: `'it''s'`, and `E'C:\\it''s'` where
/// there are backslashes.
final class Literals {
    private static final char QUOTE = '\'';
    private static final char BACKSLASH = '\\';

    private Literals() {}

    /// The text of a literal; empty when this is none, with anything before or after it, or with an
    /// escape that `quote_literal()` does not make.
    static Optional<String> read(String literal) {
        boolean escaped = literal.startsWith("E") || literal.startsWith("e");
        int from = (escaped ? 1 : 0) + 1;
        int to = literal.length() - 1;
        if (to < from || literal.charAt(from - 1) != QUOTE || literal.charAt(to) != QUOTE) {
            return Optional.empty();
        }
        StringBuilder text = new StringBuilder(to - from);
        for (int i = from; i < to; i++) {
            char c = literal.charAt(i);
            if (c == QUOTE || (escaped && c == BACKSLASH)) {
                i++;
                if (i == to || literal.charAt(i) != c) {
                    return Optional.empty();
                }
            }
            text.append(c);
        }
        return Optional.of(text.toString());
    }
}
