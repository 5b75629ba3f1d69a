package io.pgtrickle.server.endpoint;

import java.io.IOException;

/// Serves the conversations of clients, each client on a virtual thread of its own. Thread-safe.
@FunctionalInterface
public interface Talk {
    /// Serves one client until it goes, which ends with the `EOFException` of
    /// [Conversation#request()]. To return earlier ends the connection. A
    /// [io.pgtrickle.runtime.outcome.PgTrickleException] that leaves this method is the last thing
    /// that the client is told. The thread is interrupted when the connection has to end.
    void with(Conversation conversation) throws IOException;
}
