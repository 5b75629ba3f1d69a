package io.pgtrickle.server.calls;

import java.nio.file.Path;
import java.util.Optional;

/// Where calls of the SQL API are taken.
///
/// @param bind the address that the service listens at
/// @param port 0 for any free one
/// @param advertised the host name or address under which the database server reaches it
/// @param tls empty for connections without TLS
public record CallAddress(String bind, int port, String advertised, Optional<TlsFiles> tls) {
    /// A free port of the loopback interface, for a service beside its database.
    public static final CallAddress LOOPBACK =
            new CallAddress("127.0.0.1", 0, "127.0.0.1", Optional.empty());

    /// The address for one of several databases, which have one port after the other.
    ///
    /// @param index 0 for the first
    public CallAddress of(int index) {
        return port == 0 ? this : new CallAddress(bind, port + index, advertised, tls);
    }

    /// A certificate and its key, PEM files.
    public record TlsFiles(Path certificate, Path key) {}
}
