package io.pgtrickle.tests.support;

import java.util.Locale;

/// What came of an example.
///
/// @param text what differs from the promise, empty when nothing does
public record Verdict(Kind kind, String text) {

    /// The kinds.
    public enum Kind {
        /// As promised.
        OK,
        /// The server is too old for the construct.
        SKIPPED,
        /// The query itself does not run.
        INVALID,
        /// Recomputed although it should be differential.
        FULL,
        /// An error in creating or refreshing.
        ERROR,
        /// The stream table differs from its query.
        DIFF,
        /// Not refused, or with another reason.
        ACCEPTED
    }

    static Verdict of(Kind kind, String text) {
        return new Verdict(kind, text);
    }

    /// Whether the promise is kept, as far as the server can show it.
    public boolean kept() {
        return kind == Kind.OK || kind == Kind.SKIPPED;
    }

    /// One line.
    public String line() {
        String first = text.lines().findFirst().orElse("");
        return kind + (first.isEmpty() ? "" : "(" + first + ")");
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + ": " + text;
    }
}
