package io.pgtrickle.cli.connect;

/// A database address that cannot be read; the message says what is wrong with it, and never holds
/// a password.
public final class InvalidUrlException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    InvalidUrlException(String message) {
        super(message);
    }
}
