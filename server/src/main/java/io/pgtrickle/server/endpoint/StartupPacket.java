package io.pgtrickle.server.endpoint;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// What a client begins with.
sealed interface StartupPacket {
    /// Asks for TLS.
    record SslRequest() implements StartupPacket {}

    /// Asks for encryption by GSSAPI.
    record GssRequest() implements StartupPacket {}

    /// Asks, on a connection of its own, to break off what another one does.
    record CancelRequest() implements StartupPacket {}

    /// Begins a session.
    ///
    /// @param minor the minor version of protocol 3
    /// @param parameters by their names, without protocol options
    /// @param protocolOptions names that begin with `_pq_.`
    record Startup(int minor, Map<String, String> parameters, List<String> protocolOptions)
            implements StartupPacket {
        /// Copies.
        public Startup {
            parameters = Map.copyOf(parameters);
            protocolOptions = List.copyOf(protocolOptions);
        }

        /// A parameter that is not empty.
        Optional<String> parameter(String name) {
            return Optional.ofNullable(parameters.get(name)).filter(it -> !it.isEmpty());
        }
    }

    /// The major version that is spoken.
    int MAJOR = 3;

    /// The newest minor version that is spoken.
    int NEWEST_MINOR = 2;

    /// The number of a protocol version.
    static int version(int major, int minor) {
        return (major << 16) | minor;
    }

    /// Reads a packet.
    static StartupPacket of(Message packet) throws Fatal {
        int code = packet.int32();
        return switch (code) {
            case Codes.SSL -> new SslRequest();
            case Codes.GSS -> new GssRequest();
            case Codes.CANCEL -> new CancelRequest();
            default -> startup(code, packet);
        };
    }

    private static Startup startup(int version, Message packet) throws Fatal {
        int major = version >>> 16;
        int minor = version & 0xffff;
        if (major != MAJOR) {
            throw new Fatal(
                    "0A000",
                    "unsupported frontend protocol "
                            + (major + "." + minor)
                            + ": server supports 3.0 to "
                            + (MAJOR + "." + NEWEST_MINOR));
        }
        Map<String, String> parameters = new LinkedHashMap<>();
        List<String> options = new ArrayList<>();
        while (packet.remaining() > 1) {
            String name = ClientEncoding.decodeName(packet.terminated());
            String value = ClientEncoding.decodeName(packet.terminated());
            if (name.startsWith("_pq_.")) {
                options.add(name);
            } else {
                parameters.put(name, value);
            }
        }
        if (packet.terminated().length > 0 || packet.remaining() > 0) {
            throw Fatal.protocolViolation(
                    "invalid startup packet layout: expected terminator as last byte");
        }
        return new Startup(minor, parameters, options);
    }

    /// The numbers that stand where a protocol version would.
    final class Codes {
        static final int CANCEL = (1234 << 16) | 5678;
        static final int SSL = (1234 << 16) | 5679;
        static final int GSS = (1234 << 16) | 5680;

        private Codes() {}
    }
}
