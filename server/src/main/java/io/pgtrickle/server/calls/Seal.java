package io.pgtrickle.server.calls;

import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Proves to each side of a call that what it reads was said by the other.
///
/// The connection between them belongs to a session of the database, and whatever code runs in that
/// session can use it or put another in its place. So each message carries an HMAC-SHA-256 with the
/// secret that only the service and the functions of `pgtrickle` know. A request names its session
/// and statement, so that nobody can answer for another one; an answer is bound to its request.
/// Immutable, thread-safe.
final class Seal {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int DIGITS = 64;

    private final SecretKeySpec key;

    Seal(String secret) {
        key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /// A request whose seal is right.
    ///
    /// @param origin the session and its statement
    /// @param nonce what the answer is bound to
    record Request(String origin, String nonce, String message) {}

    /// Opens a request.
    ///
    /// @throws PgTrickleException 08P01 when it is not sealed with the secret
    Request open(String sealed) {
        String[] parts = sealed.split(" ", 4);
        if (parts.length < 4 || !matches(parts[0], "request " + sealed.substring(DIGITS + 1))) {
            throw PgTrickleException.of(
                            "08P01", "the request is not one of this service's database")
                    .hint(
                            "The functions in the database and the service must be of the same version; this is "
                                    + Installer.VERSION
                                    + ".")
                    .build();
        }
        return new Request(parts[1], parts[2], parts[3]);
    }

    /// The answer to a request.
    String close(Request request, String answer) {
        return mac("answer " + request.nonce() + " " + answer) + " " + answer;
    }

    private boolean matches(String given, String text) {
        return given.length() == DIGITS
                && MessageDigest.isEqual(
                        given.getBytes(StandardCharsets.US_ASCII),
                        mac(text).getBytes(StandardCharsets.US_ASCII));
    }

    private String mac(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has " + ALGORITHM, e);
        }
    }
}
