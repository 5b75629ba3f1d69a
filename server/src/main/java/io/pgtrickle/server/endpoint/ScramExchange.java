package io.pgtrickle.server.endpoint;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The server's side of one login by SCRAM-SHA-256, over TLS also SCRAM-SHA-256-PLUS, whose proof
/// holds for this server's certificate only. Belongs to one thread.
///
/// The messages are read here and not by the library: it refuses the empty user name that libpq
/// sends, since PostgreSQL takes the one of the startup packet.
final class ScramExchange {
    private static final String PLAIN = "SCRAM-SHA-256";
    private static final String PLUS = "SCRAM-SHA-256-PLUS";
    private static final String END_POINT = "tls-server-end-point";
    private static final int PROOF_BYTES = 32;

    private static final Pattern CLIENT_FIRST =
            Pattern.compile(
                    "(?<header>(?<flag>[ny]|p=(?<binding>[A-Za-z0-9.-]+)),,)"
                            + "(?<bare>n=[^,]*,r=(?<nonce>[\\x21-\\x2b\\x2d-\\x7e]+)(?:,.*)?)");
    private static final Pattern CLIENT_FINAL =
            Pattern.compile(
                    "(?<unproven>c=(?<binding>[A-Za-z0-9+/]+=*),r=(?<nonce>[^,]+)(?:,.*)?)"
                            + ",p=(?<proof>[A-Za-z0-9+/]+=*)");

    private final ScramVerifier verifier;
    private final Optional<byte[]> endPoint;
    private final Supplier<String> nonces;

    private @Nullable Challenge challenge;

    /// What the client's last message has to fit.
    ///
    /// @param binding what its `c` must be
    /// @param messages its first message and our answer, as they are signed
    private record Challenge(String nonce, String binding, String messages) {}

    /// @param endPoint the hash of the server's certificate, when the connection is encrypted
    /// @param nonces makes a text that was never there before
    ScramExchange(ScramVerifier verifier, Optional<byte[]> endPoint, Supplier<String> nonces) {
        this.verifier = verifier;
        this.endPoint = endPoint;
        this.nonces = nonces;
    }

    /// What the client may choose from, the better first.
    List<String> mechanisms() {
        return endPoint.isPresent() ? List.of(PLUS, PLAIN) : List.of(PLAIN);
    }

    /// Takes the client's first message and answers it.
    String first(String mechanism, byte[] message) throws Fatal {
        if (!mechanisms().contains(mechanism)) {
            throw Fatal.protocolViolation(
                    "client selected an invalid SASL authentication mechanism");
        }
        Matcher parts = CLIENT_FIRST.matcher(text(message));
        if (!parts.matches()) {
            throw malformed();
        }
        requireAgreement(mechanism, parts);
        String nonce = parts.group("nonce") + nonces.get();
        String answer = "r=" + nonce + "," + verifier.attributes();
        challenge =
                new Challenge(
                        nonce,
                        binding(mechanism, parts.group("header")),
                        parts.group("bare") + "," + answer);
        return answer;
    }

    /// A client that could bind the login to the certificate, and was told that we cannot, was told
    /// so by somebody else.
    private void requireAgreement(String mechanism, Matcher parts) throws Fatal {
        String flag = parts.group("flag");
        boolean agreed =
                mechanism.equals(PLUS)
                        ? END_POINT.equals(parts.group("binding"))
                        : flag.equals("n") || (flag.equals("y") && endPoint.isEmpty());
        if (!agreed) {
            throw new Fatal("28000", "SCRAM channel binding negotiation error");
        }
    }

    private String binding(String mechanism, String header) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
        if (mechanism.equals(PLUS)) {
            bytes.writeBytes(endPoint.orElseThrow());
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }

    /// Takes the client's last message and answers it; empty when it does not know the password.
    Optional<String> last(byte[] message) throws Fatal {
        Challenge asked = challenge;
        Matcher parts = CLIENT_FINAL.matcher(text(message));
        if (asked == null || !parts.matches() || !parts.group("nonce").equals(asked.nonce())) {
            throw malformed();
        }
        if (!parts.group("binding").equals(asked.binding())) {
            throw new Fatal("28000", "SCRAM channel binding check failed");
        }
        String signed = asked.messages() + "," + parts.group("unproven");
        return verifier.verifies(proof(parts.group("proof")), signed)
                ? Optional.of("v=" + verifier.signature(signed))
                : Optional.empty();
    }

    private static byte[] proof(String base64) throws Fatal {
        try {
            byte[] proof = Base64.getDecoder().decode(base64);
            if (proof.length == PROOF_BYTES) {
                return proof;
            }
        } catch (IllegalArgumentException _) {
            // Not base64, although all its characters are.
        }
        throw malformed();
    }

    private static String text(byte[] message) {
        return new String(message, StandardCharsets.UTF_8);
    }

    private static Fatal malformed() {
        return Fatal.protocolViolation("malformed SCRAM message");
    }
}
