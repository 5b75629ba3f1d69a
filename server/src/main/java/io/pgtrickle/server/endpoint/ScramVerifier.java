package io.pgtrickle.server.endpoint;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.security.SecureRandom;
import java.util.Base64;

/// What a server keeps of a password for SCRAM-SHA-256 (RFC 5802, RFC 7677): enough to recognise
/// it, not enough to log in with. Immutable.
final class ScramVerifier {
    private static final ScramMechanism SHA_256 = ScramMechanism.SCRAM_SHA_256;
    private static final int SALT_BYTES = 16;

    /// The least that RFC 7677 allows; secrets of ours cannot be guessed with fewer either.
    private static final int ITERATIONS = 4096;

    private final byte[] salt;
    private final int iterations;
    private final byte[] storedKey;
    private final byte[] serverKey;

    ScramVerifier(String secret, byte[] salt, int iterations) {
        byte[] salted =
                ScramFunctions.saltedPassword(
                        SHA_256,
                        StringPreparation.POSTGRESQL_PREPARATION,
                        secret.toCharArray(),
                        salt,
                        iterations);
        this.salt = salt.clone();
        this.iterations = iterations;
        this.storedKey =
                ScramFunctions.storedKey(SHA_256, ScramFunctions.clientKey(SHA_256, salted));
        this.serverKey = ScramFunctions.serverKey(SHA_256, salted);
    }

    /// With a random salt. Takes some milliseconds.
    static ScramVerifier of(String secret, SecureRandom random) {
        return new ScramVerifier(secret, ScramFunctions.salt(SALT_BYTES, random), ITERATIONS);
    }

    /// What a client has to know to make its proof: the attributes `s` and `i`.
    String attributes() {
        return "s=" + Base64.getEncoder().encodeToString(salt) + ",i=" + iterations;
    }

    /// Whether a proof shows that its maker knows the password. Takes the same time for all.
    boolean verifies(byte[] proof, String authMessage) {
        return ScramFunctions.verifyClientProof(SHA_256, proof, storedKey, authMessage);
    }

    /// What shows a client that the server has the verifier.
    String signature(String authMessage) {
        return Base64.getEncoder()
                .encodeToString(ScramFunctions.serverSignature(SHA_256, serverKey, authMessage));
    }
}
