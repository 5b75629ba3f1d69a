package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The example of RFC 7677, section 3, and what deviates from it.
final class ScramExchangeTest {
    private static final String MECHANISM = "SCRAM-SHA-256";
    private static final String CLIENT_NONCE = "rOprNGfwEbeRWgbNEkqO";
    private static final String SERVER_NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static final String NONCE = CLIENT_NONCE + SERVER_NONCE;
    private static final String FIRST = "n,,n=user,r=" + CLIENT_NONCE;
    private static final String PROOF = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    private static final String FINAL = "c=biws,r=" + NONCE + ",p=" + PROOF;

    private static ScramExchange exchange() {
        return exchange("pencil", Optional.empty());
    }

    private static ScramExchange exchange(String password, Optional<byte[]> endPoint) {
        byte[] salt = Base64.getDecoder().decode("W22ZaJ0SNY7soEsUEjb6gQ==");
        return new ScramExchange(
                new ScramVerifier(password, salt, 4096), endPoint, () -> SERVER_NONCE);
    }

    private static byte[] bytes(String message) {
        return message.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void theExampleOfTheRfcSucceeds() throws Fatal {
        ScramExchange exchange = exchange();
        assertThat(exchange.mechanisms()).containsExactly(MECHANISM);
        assertThat(exchange.first(MECHANISM, bytes(FIRST)))
                .isEqualTo("r=" + NONCE + ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
        assertThat(exchange.last(bytes(FINAL)))
                .hasValue("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    }

    @Test
    void anotherPasswordFails() throws Fatal {
        ScramExchange exchange = exchange("pencils", Optional.empty());
        exchange.first(MECHANISM, bytes(FIRST));
        assertThat(exchange.last(bytes(FINAL))).isEmpty();
    }

    @Test
    void aProofIsGoodForItsMessagesOnly() throws Fatal {
        ScramExchange exchange = exchange();
        exchange.first(MECHANISM, bytes("n,,n=other,r=" + CLIENT_NONCE));
        assertThat(exchange.last(bytes(FINAL))).isEmpty();
    }

    @Test
    void theUserNameMayBeEmptyAsThatOfLibpq() throws Fatal {
        assertThat(exchange().first(MECHANISM, bytes("n,,n=,r=abc"))).startsWith("r=abc%hvY");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "n",
                "n,,",
                "n,,n=user",
                "n,,n=user,r=",
                "n,,r=abc,n=user",
                "n,a=other,n=user,r=abc",
                "n,,m=must,n=user,r=abc",
                "x,,n=user,r=abc",
                "n,,n=user,r=with space",
                "n=user,r=abc",
            })
    void firstMessagesOfAnotherFormAreRefused(String message) {
        assertThatThrownBy(() -> exchange().first(MECHANISM, bytes(message)))
                .isInstanceOfSatisfying(
                        Fatal.class, e -> assertThat(e.error().sqlState()).isEqualTo("08P01"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "c=biws",
                "c=biws,r=" + NONCE,
                "c=biws,r=" + CLIENT_NONCE + ",p=" + PROOF,
                "c=biws,r=other,p=" + PROOF,
                "c=biws,r=" + NONCE + ",p=",
                "c=biws,r=" + NONCE + ",p=AAAA",
                "c=biws,r=" + NONCE + ",p=AAAAA",
                "c=biws,r=" + NONCE + ",p=" + PROOF + ",x=y",
                "r=" + NONCE + ",c=biws,p=" + PROOF,
            })
    void lastMessagesOfAnotherFormAreRefused(String message) throws Fatal {
        ScramExchange exchange = exchange();
        exchange.first(MECHANISM, bytes(FIRST));
        assertThatThrownBy(() -> exchange.last(bytes(message)))
                .isInstanceOfSatisfying(
                        Fatal.class, e -> assertThat(e.error().sqlState()).isEqualTo("08P01"));
    }

    @Test
    void theLastMessageCannotBeTheFirst() {
        assertThatThrownBy(() -> exchange().last(bytes(FINAL))).isInstanceOf(Fatal.class);
    }

    @Test
    void unknownMechanismsAreRefused() {
        assertThatThrownBy(() -> exchange().first("SCRAM-SHA-1", bytes(FIRST)))
                .isInstanceOf(Fatal.class);
        assertThatThrownBy(() -> exchange().first("SCRAM-SHA-256-PLUS", bytes(FIRST)))
                .isInstanceOf(Fatal.class);
    }

    @Test
    void theBindingMustBeWhatBothSidesCanDo() throws Fatal {
        Optional<byte[]> endPoint = Optional.of(new byte[] {1, 2, 3});
        assertThat(exchange("pencil", endPoint).mechanisms())
                .containsExactly("SCRAM-SHA-256-PLUS", MECHANISM);
        // The client was told that there is no binding, and there is.
        assertUnbound(endPoint, MECHANISM, "y,,n=user,r=abc");
        assertUnbound(endPoint, MECHANISM, "p=tls-server-end-point,,n=user,r=abc");
        assertUnbound(endPoint, "SCRAM-SHA-256-PLUS", "n,,n=user,r=abc");
        assertUnbound(endPoint, "SCRAM-SHA-256-PLUS", "p=tls-unique,,n=user,r=abc");
        assertThat(exchange("pencil", endPoint).first(MECHANISM, bytes(FIRST))).isNotEmpty();
        assertThat(exchange().first(MECHANISM, bytes("y,,n=user,r=abc"))).isNotEmpty();
    }

    private static void assertUnbound(Optional<byte[]> endPoint, String mechanism, String message) {
        assertThatThrownBy(() -> exchange("pencil", endPoint).first(mechanism, bytes(message)))
                .isInstanceOfSatisfying(
                        Fatal.class, e -> assertThat(e.error().sqlState()).isEqualTo("28000"));
    }

    @Test
    void aLoginBoundToAnotherCertificateFails() throws Fatal {
        ScramExchange exchange = exchange("pencil", Optional.of(new byte[] {1, 2, 3}));
        exchange.first("SCRAM-SHA-256-PLUS", bytes("p=tls-server-end-point,,n=,r=abc"));
        String other =
                Base64.getEncoder()
                        .encodeToString(bytes("p=tls-server-end-point,,\u0001\u0002\u0004"));
        assertThatThrownBy(() ->
                        exchange.last(
                                bytes("c=" + other + ",r=abc" + SERVER_NONCE + ",p=" + PROOF)))
                .isInstanceOfSatisfying(
                        Fatal.class, e -> assertThat(e.error().sqlState()).isEqualTo("28000"));
    }

    @Test
    void verifiersOfTheSameSecretDiffer() {
        SecureRandom random = new SecureRandom();
        assertThat(ScramVerifier.of("pencil", random).attributes())
                .isNotEqualTo(ScramVerifier.of("pencil", random).attributes());
    }
}
