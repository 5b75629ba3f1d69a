package io.pgtrickle.bench;

import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/// Tells on standard error how far a run is.
final class Progress {
    private Progress() {}

    static void say(String format, Object... arguments) {
        System.err.println(
                LocalTime.now().truncatedTo(ChronoUnit.SECONDS)
                        + " "
                        + String.format(Locale.ROOT, format, arguments));
    }
}
