package io.pgtrickle.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class MonotonicClockTest {
    private static final Instant START = Instant.parse("2026-11-22T04:00:00Z");

    private Instant system = START;
    private long nanos = -5;
    private final MonotonicClock clock = new MonotonicClock(() -> system, () -> nanos);

    @Test
    void countsFromTheSystemsTime() {
        pass(Duration.ofMillis(1500), Duration.ofMillis(1500));
        assertThat(clock.instant()).isEqualTo(START.plusMillis(1500));
    }

    @Test
    void aSystemThatIsSetBackDoesNotTakeItAlong() {
        pass(Duration.ofHours(-1), Duration.ofSeconds(2));
        assertThat(clock.instant()).isEqualTo(START.plusSeconds(2));
        pass(Duration.ofSeconds(3), Duration.ofSeconds(3));
        assertThat(clock.instant()).isEqualTo(START.plusSeconds(5));
    }

    @Test
    void aSystemThatIsAheadIsFollowed() {
        pass(Duration.ofMillis(999), Duration.ZERO);
        assertThat(clock.instant()).isEqualTo(START);
        pass(Duration.ofHours(8), Duration.ofSeconds(1));
        Instant awake = START.plus(Duration.ofHours(8)).plusMillis(999);
        assertThat(clock.instant()).isEqualTo(awake);
        pass(Duration.ZERO, Duration.ofSeconds(1));
        assertThat(clock.instant()).isEqualTo(awake.plusSeconds(1));
    }

    private void pass(Duration onTheSystem, Duration counted) {
        system = system.plus(onTheSystem);
        nanos += counted.toNanos();
    }
}
