package io.pgtrickle.bench;

import java.time.LocalTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// Tells on standard error how far a run is.
final class Progress {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private Progress() {}

    static void say(String what) {
        System.err.println(LocalTime.now(ZoneId.systemDefault()).format(TIME) + " " + what);
    }
}
