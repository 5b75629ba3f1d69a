package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

class JournalTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");

    private final Lines log = new Lines();
    private final List<String> lines = log.lines;
    private final Journal journal = new Journal(log);

    /// Keeps what it is given.
    private static final class Lines extends LegacyAbstractLogger {
        private final transient List<String> lines = new ArrayList<>();

        @Override
        protected void handleNormalizedLoggingCall(
                Level level, Marker marker, String pattern, Object[] arguments, Throwable error) {
            lines.add(level + " " + MessageFormatter.basicArrayFormat(pattern, arguments));
        }

        @Override
        protected String getFullyQualifiedCallerName() {
            return Lines.class.getName();
        }

        @Override
        public boolean isTraceEnabled() {
            return false;
        }

        @Override
        public boolean isDebugEnabled() {
            return false;
        }

        @Override
        public boolean isInfoEnabled() {
            return true;
        }

        @Override
        public boolean isWarnEnabled() {
            return true;
        }

        @Override
        public boolean isErrorEnabled() {
            return true;
        }
    }

    private void strained(int factor, int second) {
        Strain strain = new Strain(Duration.ofMillis(90), Duration.ofMillis(100), factor);
        journal.strained(1, "totals", strain, NOW.plusSeconds(second));
    }

    private void inTime(int second) {
        journal.inTime(1, "totals", NOW.plusSeconds(second));
    }

    @Test
    void refreshesThatTakeLongNowAndThenDoNotFillTheLog() {
        for (int second = 0; second < 299; second += 2) {
            strained(1, second);
            inTime(second + 1);
        }
        assertThat(lines)
                .containsExactly(
                        "WARN Refreshing totals takes 90 ms, 90 % of its schedule of 100 ms;"
                                + " it is refreshed every 100 ms at most");

        inTime(300);
        inTime(301);
        assertThat(lines)
                .hasSize(2)
                .endsWith("INFO Refreshing totals keeps up with its schedule again");
        strained(1, 302);
        assertThat(lines).hasSize(3);
    }

    @Test
    void eachTimeThatRefreshesBecomeRarerIsALine() {
        strained(1, 0);
        strained(2, 1);
        strained(4, 2);
        strained(2, 3);
        strained(4, 4);
        assertThat(lines).hasSize(3).last().asString().endsWith("every 400 ms at most");
    }
}
