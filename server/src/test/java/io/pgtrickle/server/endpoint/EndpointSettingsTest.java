package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class EndpointSettingsTest {
    private final EndpointSettings settings = EndpointSettings.of("bob", "geheim");

    @Test
    void onlyThisMachineIsServedUnlessToldOtherwise() {
        assertThat(settings.address().bind().isLoopbackAddress()).isTrue();
        assertThat(settings.address().port()).isZero();
        assertThat(settings.tls()).isEmpty();
        assertThat(settings.limits())
                .isEqualTo(
                        new EndpointSettings.Limits(
                                16 * 1024 * 1024,
                                500,
                                Duration.ofSeconds(5),
                                Duration.ofMinutes(1)));
    }

    @Test
    void theSecretIsNotShown() {
        assertThat(settings.toString()).contains("bob").doesNotContain("geheim");
    }

    @Test
    void nonsenseIsRefused() {
        EndpointSettings.Limits limits = EndpointSettings.Limits.DEFAULT;
        assertThatThrownBy(() -> EndpointSettings.of("", "x"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> EndpointSettings.of("x", ""))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new EndpointSettings.Address(settings.address().bind(), 65_536))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limits.withConnections(0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limits.withMessageBytes(0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limits.withLogin(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> limits.withCall(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void secretsAreLongAndDiffer() {
        Set<String> secrets = new HashSet<>();
        for (int i = 0; i < 1_000; i++) {
            String secret = Secrets.random();
            assertThat(secret).matches("[A-Za-z0-9_-]{43}");
            secrets.add(secret);
        }
        assertThat(secrets).hasSize(1_000);
    }
}
