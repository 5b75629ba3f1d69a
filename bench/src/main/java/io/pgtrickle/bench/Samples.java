package io.pgtrickle.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// Measured values of the same thing: milliseconds or ratios. One thread.
final class Samples {
    private final List<Double> values = new ArrayList<>();

    void add(double value) {
        values.add(value);
    }

    int size() {
        return values.size();
    }

    double median() {
        List<Double> sorted = sorted();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    /// The smallest value that `percent` of all values do not exceed.
    double percentile(int percent) {
        List<Double> sorted = sorted();
        int rank = (int) Math.ceil(percent / 100.0 * sorted.size());
        return sorted.get(Math.max(rank, 1) - 1);
    }

    /// How many are at least `from` and less than `to`.
    long between(double from, double to) {
        return values.stream().filter(it -> it >= from && it < to).count();
    }

    double max() {
        return percentile(100);
    }

    private List<Double> sorted() {
        if (values.isEmpty()) {
            throw new IllegalStateException("nothing was measured");
        }
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted;
    }
}
