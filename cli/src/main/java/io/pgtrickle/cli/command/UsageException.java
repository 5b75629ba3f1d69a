package io.pgtrickle.cli.command;

/// The command line asks for something that makes no sense.
final class UsageException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    UsageException(String message) {
        super(message);
    }
}
