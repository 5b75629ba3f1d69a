package io.pgtrickle.server.endpoint;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.util.TlsServerEndpoint;
import io.pgtrickle.server.endpoint.StartupPacket.CancelRequest;
import io.pgtrickle.server.endpoint.StartupPacket.GssRequest;
import io.pgtrickle.server.endpoint.StartupPacket.SslRequest;
import io.pgtrickle.server.endpoint.StartupPacket.Startup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Optional;

/// Lets clients in: encryption, protocol version, password. Thread-safe.
final class Login {
    private static final int NONCE_BYTES = 18;
    private static final String INVALID_AUTHORIZATION = "28000";
    private static final String INVALID_PASSWORD = "28P01";

    private final EndpointSettings settings;
    private final ScramVerifier verifier;
    private final SecureRandom random;

    /// A client that is let in.
    ///
    /// @param minor of the protocol version to speak
    record Client(String user, String database, int minor, ClientEncoding encoding) {}

    Login(EndpointSettings settings, SecureRandom random) {
        this.settings = settings;
        this.random = random;
        this.verifier = ScramVerifier.of(settings.credentials().secret(), random);
    }

    /// Lets a client in; empty when it wants something else than a session.
    ///
    /// @throws Fatal when it may not come in
    Optional<Client> admit(Channel channel) throws IOException {
        Optional<Startup> startup = startup(channel);
        if (startup.isEmpty()) {
            return Optional.empty();
        }
        if (settings.tls().isPresent() && !channel.encrypted()) {
            throw new Fatal(INVALID_AUTHORIZATION, "the connection must be encrypted");
        }
        Client client = client(startup.get());
        channel.speak(client.encoding().charset());
        negotiate(channel, startup.get());
        authenticate(channel, client.user());
        return Optional.of(client);
    }

    /// Reads packets until one begins a session. Either encryption may be asked for once.
    private Optional<Startup> startup(Channel channel) throws IOException {
        boolean tlsAsked = false;
        boolean gssAsked = false;
        while (true) {
            StartupPacket packet = StartupPacket.of(channel.reader().startupPacket());
            switch (packet) {
                case SslRequest _ -> {
                    refuseAgain(tlsAsked);
                    tlsAsked = true;
                    offerTls(channel);
                }
                case GssRequest _ -> {
                    refuseAgain(gssAsked || channel.encrypted());
                    gssAsked = true;
                    channel.send(writer -> writer.bare('N'));
                }
                // There is nothing to break off: an answer takes its time at most.
                case CancelRequest _ -> {
                    return Optional.empty();
                }
                case Startup startup -> {
                    return Optional.of(startup);
                }
            }
        }
    }

    private static void refuseAgain(boolean asked) throws Fatal {
        if (asked) {
            throw Fatal.protocolViolation("encryption was negotiated already");
        }
    }

    private void offerTls(Channel channel) throws IOException {
        if (settings.tls().isEmpty()) {
            channel.send(writer -> writer.bare('N'));
        } else {
            channel.send(writer -> writer.bare('S'));
            channel.encrypt(settings.tls().get());
        }
    }

    private static Client client(Startup startup) throws Fatal {
        Optional<String> user = startup.parameter("user");
        if (user.isEmpty()) {
            throw new Fatal(INVALID_AUTHORIZATION, "no user name specified in startup packet");
        }
        String encoding = startup.parameter("client_encoding").orElse(ClientEncoding.UTF8.name());
        Optional<ClientEncoding> known = ClientEncoding.named(encoding);
        if (known.isEmpty()) {
            throw new Fatal("0A000", "client encoding \"" + encoding + "\" is not supported");
        }
        return new Client(
                user.get(),
                startup.parameter("database").orElse(user.get()),
                Math.min(startup.minor(), StartupPacket.NEWEST_MINOR),
                known.get());
    }

    private static void negotiate(Channel channel, Startup startup) throws IOException {
        if (startup.minor() > StartupPacket.NEWEST_MINOR || !startup.protocolOptions().isEmpty()) {
            int version =
                    StartupPacket.version(
                            StartupPacket.MAJOR,
                            Math.min(startup.minor(), StartupPacket.NEWEST_MINOR));
            channel.send(writer -> writer.negotiateProtocol(version, startup.protocolOptions()));
        }
    }

    /// Wrong users go the same way as wrong secrets, with the same salt, and take as long.
    private void authenticate(Channel channel, String user) throws IOException {
        ScramExchange scram =
                new ScramExchange(
                        verifier,
                        endPoint(channel.certificate()),
                        () -> ScramFunctions.nonce(NONCE_BYTES, random));
        channel.send(writer -> writer.sasl(scram.mechanisms()));
        Message initial = saslMessage(channel);
        String mechanism = initial.keyword();
        int length = initial.int32();
        byte[] first = initial.bytes(length);
        initial.end();
        String challenge = scram.first(mechanism, first);
        channel.send(writer -> writer.saslContinue(challenge));
        Message response = saslMessage(channel);
        boolean known = isUser(user);
        Optional<String> outcome = scram.last(response.bytes(response.remaining()));
        if (!known || outcome.isEmpty()) {
            throw new Fatal(
                    INVALID_PASSWORD, "password authentication failed for user \"" + user + "\"");
        }
        channel.send(writer -> {
            writer.saslFinal(outcome.get());
            writer.authenticationOk();
        });
    }

    private boolean isUser(String user) {
        return MessageDigest.isEqual(
                user.getBytes(StandardCharsets.UTF_8),
                settings.credentials().user().getBytes(StandardCharsets.UTF_8));
    }

    private static Message saslMessage(Channel channel) throws IOException {
        Message message = channel.reader().next(MessageReader.STARTUP_BYTES, () -> {});
        if (message.type() != 'p') {
            throw Fatal.protocolViolation(
                    "expected SASL response, got message type " + message.type());
        }
        return message;
    }

    private static Optional<byte[]> endPoint(Optional<X509Certificate> certificate) {
        try {
            if (certificate.isEmpty()) {
                return Optional.empty();
            }
            // Empty for signatures that have no hash of their own, such as Ed25519.
            byte[] hash = TlsServerEndpoint.getChannelBindingData(certificate.get());
            return hash.length == 0 ? Optional.empty() : Optional.of(hash);
        } catch (CertificateEncodingException _) {
            return Optional.empty();
        }
    }
}
