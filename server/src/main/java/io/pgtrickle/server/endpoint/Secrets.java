package io.pgtrickle.server.endpoint;

import java.security.SecureRandom;
import java.util.Base64;

/// Makes secrets. Thread-safe.
public final class Secrets {
    private static final int BYTES = 32;

    private Secrets() {}

    /// 256 random bits as 43 letters, digits, `-` and `_`, which need no quoting anywhere.
    public static String random() {
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
