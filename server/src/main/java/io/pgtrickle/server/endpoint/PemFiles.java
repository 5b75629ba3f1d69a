package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Reads what a TLS server needs from PEM files.
public final class PemFiles {
    private static final String CONFIG_FILE_ERROR = "F0000";
    private static final List<String> KEY_ALGORITHMS = List.of("RSA", "EC", "EdDSA");
    private static final Pattern PKCS8 =
            Pattern.compile(
                    "-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private PemFiles() {}

    /// A context that shows the certificate and proves it with the key.
    ///
    /// @param certificate the server's certificate, followed by those of its issuers
    /// @param key its private key: PKCS #8, not encrypted
    /// @throws PgTrickleException F0000 when a file cannot be read or is something else
    public static SSLContext context(Path certificate, Path key) {
        try {
            char[] none = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, none);
            store.setKeyEntry("endpoint", privateKey(key), none, chain(certificate));
            KeyManagerFactory keys =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, none);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw failure("the certificate and key cannot be used for TLS", e.toString())
                    .cause(e)
                    .build();
        }
    }

    private static Certificate[] chain(Path file) throws GeneralSecurityException {
        byte[] text = read(file);
        Certificate[] chain =
                CertificateFactory.getInstance("X.509")
                        .generateCertificates(new ByteArrayInputStream(text))
                        .toArray(Certificate[]::new);
        if (chain.length == 0) {
            throw failure("there is no certificate in \"" + file + "\"", null).build();
        }
        return chain;
    }

    private static PrivateKey privateKey(Path file) throws GeneralSecurityException {
        Matcher pem = PKCS8.matcher(new String(read(file), StandardCharsets.US_ASCII));
        if (!pem.find()) {
            throw failure("there is no usable private key in \"" + file + "\"", null)
                    .hint(
                            "It has to begin with -----BEGIN PRIVATE KEY-----;"
                                    + " openssl pkcs8 -topk8 -nocrypt converts other keys.")
                    .build();
        }
        PKCS8EncodedKeySpec encoded =
                new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(pem.group(1)));
        for (String algorithm : KEY_ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(encoded);
            } catch (InvalidKeySpecException _) {
                // The next algorithm may know the key.
            }
        }
        throw failure(
                        "the private key in \"" + file + "\" is of an unknown kind",
                        "Known are " + String.join(", ", KEY_ALGORITHMS) + ".")
                .build();
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw failure("cannot read \"" + file + "\"", e.toString()).cause(e).build();
        }
    }

    private static PgTrickleException.Builder failure(String message, @Nullable String detail) {
        return PgTrickleException.of(CONFIG_FILE_ERROR, message).detail(detail);
    }
}
