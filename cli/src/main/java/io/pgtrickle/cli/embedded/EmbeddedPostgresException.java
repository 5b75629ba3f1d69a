package io.pgtrickle.cli.embedded;

/// The embedded PostgreSQL could not be unpacked, initialised, started or stopped; the message says
/// why and what to do.
public final class EmbeddedPostgresException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// With a message alone.
    public EmbeddedPostgresException(String message) {
        super(message);
    }

    /// With the error underneath.
    public EmbeddedPostgresException(String message, Throwable cause) {
        super(message, cause);
    }
}
