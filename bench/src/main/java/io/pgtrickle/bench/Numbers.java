package io.pgtrickle.bench;

import java.util.Locale;

/// Numbers as a reader wants them: about three digits.
final class Numbers {
    private Numbers() {}

    static String milliseconds(double value) {
        return digits(value);
    }

    static String ratio(double value) {
        return digits(value) + "x";
    }

    static String count(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private static String digits(double value) {
        if (value >= 100) {
            return String.format(Locale.ROOT, "%,.0f", value);
        }
        return String.format(Locale.ROOT, value >= 10 ? "%.1f" : "%.2f", value);
    }
}
