package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.IOException;

/// The connection has to end, and the client is told why.
final class Fatal extends IOException {
    private static final long serialVersionUID = 1L;

    private final PgTrickleException error;

    Fatal(PgTrickleException error) {
        super(error.getMessage(), error);
        this.error = error;
    }

    Fatal(String sqlState, String message) {
        this(PgTrickleException.of(sqlState, message).build());
    }

    /// The client does not speak the protocol.
    static Fatal protocolViolation(String message) {
        return new Fatal("08P01", message);
    }

    PgTrickleException error() {
        return error;
    }
}
