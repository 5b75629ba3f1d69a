package io.pgtrickle.server.endpoint;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a client asks by a query.
sealed interface Query {
    /// `SELECT pgtrickle.call('...')`.
    record Call(String request) implements Query {}

    /// `SET client_encoding TO '...'`, which libpq sends by itself.
    record SetEncoding(String name) implements Query {}

    /// Anything else.
    record Unknown() implements Query {}

    /// What a query's text asks.
    static Query of(String sql) {
        Optional<String> request = Parser.request(sql);
        if (request.isPresent()) {
            return new Call(request.get());
        }
        if (sql.length() > Parser.SET_LENGTH) {
            return new Unknown();
        }
        Matcher encoding = Parser.SET_ENCODING.matcher(sql);
        return encoding.matches() ? new SetEncoding(encoding.group(1)) : new Unknown();
    }

    /// Recognises the two statements.
    final class Parser {
        private static final String BEFORE = "SELECT pgtrickle.call(";
        private static final String AFTER = ")";

        /// No SET is longer: what is would only keep the pattern busy.
        private static final int SET_LENGTH = 200;

        private static final Pattern SET_ENCODING =
                Pattern.compile(
                        "(?i)\\s*set\\s+client_encoding\\s*(?:=|\\sto\\s)\\s*'?([\\w -]{1,63}?)'?\\s*;?\\s*");

        private Parser() {}

        /// Spaces may surround the literal: `quote_literal()` of some versions begins with one.
        private static Optional<String> request(String sql) {
            if (!sql.startsWith(BEFORE) || !sql.endsWith(AFTER)) {
                return Optional.empty();
            }
            String literal = sql.substring(BEFORE.length(), sql.length() - AFTER.length());
            return Literals.read(literal.strip());
        }
    }
}
