package io.pgtrickle.server.schedule;

import java.time.Duration;

/// How the scheduler works, as the settings say. Immutable.
///
/// @param enabled whether it refreshes anything
/// @param poll how often to look when no wake-up comes
/// @param limits how many refreshes may run at the same time
/// @param defaultPeriod the period of a recomputed stream table with a calculated schedule
/// @param wakes whether commits on sources wake it
/// @param debounce how far cycles that wake-ups cause are apart; the first is immediate
/// @param tiers whether refresh tiers stretch schedules
/// @param stretches whether the periods of what cannot keep up are stretched
public record Pace(
        boolean enabled,
        Duration poll,
        Limits limits,
        Duration defaultPeriod,
        boolean wakes,
        Duration debounce,
        boolean tiers,
        boolean stretches) {
    private static final Duration DEFAULT_DEBOUNCE = Duration.ofMillis(10);

    /// Checks the numbers.
    public Pace {
        if (!poll.isPositive()) {
            throw new IllegalArgumentException("poll: " + poll);
        }
    }

    /// The default settings.
    ///
    /// @param workers refreshes that may run at the same time
    public static Pace of(int workers, Duration poll) {
        return new Pace(
                true,
                poll,
                Limits.of(workers),
                Entry.DEFAULT_PERIOD,
                true,
                DEFAULT_DEBOUNCE,
                true,
                true);
    }
}
