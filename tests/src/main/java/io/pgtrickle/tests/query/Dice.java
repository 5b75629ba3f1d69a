package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/// The source of every random choice of one case. One thread.
public final class Dice {
    private final Random random;

    /// Dice that fall the same way for the same seed.
    public Dice(long seed) {
        // Neighbouring seeds of java.util.Random begin alike.
        this.random = new Random(seed * 0x9E3779B97F4A7C15L + 0x632BE59BD9B4E019L);
    }

    /// True with this probability.
    public boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    /// A number of the closed range.
    public int between(int low, int high) {
        return low + random.nextInt(high - low + 1);
    }

    /// One element.
    public <T> T pick(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    /// One of these.
    @SafeVarargs
    public final <T> T oneOf(T... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /// Some distinct elements in their order.
    public <T> List<T> some(List<T> choices, int count) {
        List<T> left = new ArrayList<>(choices);
        while (left.size() > count) {
            left.remove(random.nextInt(left.size()));
        }
        return left;
    }
}
