package io.pgtrickle.server.endpoint;

import java.net.InetAddress;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/// Where an endpoint listens, whom it lets in and what it puts up with. Immutable.
///
/// @param address where it listens
/// @param credentials what a client has to know
/// @param tls when there, every connection must be encrypted with it; when not, none can be
/// @param limits what it puts up with
public record EndpointSettings(
        Address address, Credentials credentials, Optional<SSLContext> tls, Limits limits) {

    /// Where an endpoint listens.
    ///
    /// @param bind the address of the interface
    /// @param port 0 for any free one
    public record Address(InetAddress bind, int port) {
        /// Checks the port.
        public Address {
            if (port < 0 || port > 65_535) {
                throw new IllegalArgumentException("not a port: " + port);
            }
        }

        /// Any free port of the loopback interface.
        public static Address loopback() {
            return new Address(InetAddress.getLoopbackAddress(), 0);
        }
    }

    /// What a client has to know.
    ///
    /// @param user a name
    /// @param secret its password; best one of [Secrets]
    public record Credentials(String user, String secret) {
        /// Refuses empty ones.
        public Credentials {
            if (user.isEmpty() || secret.isEmpty()) {
                throw new IllegalArgumentException("user and secret must not be empty");
            }
        }

        /// Without the secret.
        @Override
        public String toString() {
            return "Credentials[user=" + user + "]";
        }
    }

    /// What an endpoint puts up with.
    ///
    /// @param messageBytes the longest message of a client
    /// @param connections clients that are logged in at the same time
    /// @param login from connecting to being logged in
    /// @param call from the first byte of a request to the last byte of its answer; there is no
    ///   limit between an answer and the next request
    public record Limits(int messageBytes, int connections, Duration login, Duration call) {
        /// 16 MiB, 500 clients, 5 seconds to log in, a minute for a request.
        public static final Limits DEFAULT =
                new Limits(16 << 20, 500, Duration.ofSeconds(5), Duration.ofMinutes(1));

        /// Checks that something is possible.
        public Limits {
            if (messageBytes < 1 || connections < 1) {
                throw new IllegalArgumentException("limits must be at least 1");
            }
            if (!login.isPositive() || !call.isPositive()) {
                throw new IllegalArgumentException("times must be positive");
            }
        }

        /// The same with another size of messages.
        public Limits withMessageBytes(int bytes) {
            return new Limits(bytes, connections, login, call);
        }

        /// The same with another number of clients.
        public Limits withConnections(int number) {
            return new Limits(messageBytes, number, login, call);
        }

        /// The same with another time to log in.
        public Limits withLogin(Duration time) {
            return new Limits(messageBytes, connections, time, call);
        }

        /// The same with another time for a request.
        public Limits withCall(Duration time) {
            return new Limits(messageBytes, connections, login, time);
        }
    }

    /// On a free port of the loopback interface, without TLS, with the default limits.
    public static EndpointSettings of(String user, String secret) {
        return new EndpointSettings(
                Address.loopback(),
                new Credentials(user, secret),
                Optional.empty(),
                Limits.DEFAULT);
    }

    /// The same at another address.
    public EndpointSettings withAddress(Address other) {
        return new EndpointSettings(other, credentials, tls, limits);
    }

    /// The same with TLS; [PemFiles] makes a context of files.
    public EndpointSettings withTls(SSLContext context) {
        return new EndpointSettings(address, credentials, Optional.of(context), limits);
    }

    /// The same with other limits.
    public EndpointSettings withLimits(Limits other) {
        return new EndpointSettings(address, credentials, tls, other);
    }
}
