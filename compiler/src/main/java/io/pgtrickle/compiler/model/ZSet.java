package io.pgtrickle.compiler.model;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ObjLongConsumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/// A multiset of rows with integer weights, which may be negative. Rows of weight zero are not in
/// it, so that two Z-sets are equal exactly when every row has the same weight in both. Immutable.
///
/// Source: Budiu et al., *DBSP*, VLDB 2023, section 2.
public final class ZSet {

    private static final ZSet EMPTY = new ZSet(Map.of());

    private final Map<Row, Long> weights;

    private ZSet(Map<Row, Long> weights) {
        this.weights = weights;
    }

    /// The Z-set without rows.
    public static ZSet empty() {
        return EMPTY;
    }

    /// Each row with the weight 1 an occurrence.
    public static ZSet of(Row... rows) {
        Builder builder = builder();
        for (Row row : rows) {
            builder.add(row, 1);
        }
        return builder.build();
    }

    /// An empty builder.
    public static Builder builder() {
        return new Builder();
    }

    /// The rows with their weights, none of them zero.
    public Map<Row, Long> weights() {
        return Collections.unmodifiableMap(weights);
    }

    /// The weight of a row, zero when it is absent.
    public long weight(Row row) {
        return weights.getOrDefault(row, 0L);
    }

    /// Whether there is no row.
    public boolean isEmpty() {
        return weights.isEmpty();
    }

    /// The number of different rows.
    public int size() {
        return weights.size();
    }

    /// Whether all weights are positive, as they are in the state of a relation.
    public boolean isMultiset() {
        return weights.values().stream().allMatch(weight -> weight > 0);
    }

    /// Visits the rows with their weights, in the order in which they came.
    public void forEach(ObjLongConsumer<Row> action) {
        weights.forEach(action::accept);
    }

    /// The sum: weights added.
    public ZSet plus(ZSet other) {
        return builder().addAll(this, 1).addAll(other, 1).build();
    }

    /// The difference: weights subtracted.
    public ZSet minus(ZSet other) {
        return builder().addAll(this, 1).addAll(other, -1).build();
    }

    /// All weights with the opposite sign.
    public ZSet negate() {
        return empty().minus(this);
    }

    /// The rows for which the predicate holds.
    public ZSet filter(Predicate<Row> predicate) {
        Builder kept = builder();
        forEach((row, weight) -> {
            if (predicate.test(row)) {
                kept.add(row, weight);
            }
        });
        return kept.build();
    }

    /// The images of the rows; weights of rows with the same image add up.
    public ZSet map(Function<Row, Row> function) {
        Builder mapped = builder();
        forEach((row, weight) -> mapped.add(function.apply(row), weight));
        return mapped.build();
    }

    /// The rows of positive weight, weights unchanged.
    public ZSet positive() {
        Builder kept = builder();
        forEach((row, weight) -> kept.add(row, Math.max(weight, 0)));
        return kept.build();
    }

    /// The rows of positive weight, once each.
    public ZSet distinct() {
        Builder once = builder();
        forEach((row, weight) -> once.add(row, weight > 0 ? 1 : 0));
        return once.build();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ZSet zset && weights.equals(zset.weights);
    }

    @Override
    public int hashCode() {
        return weights.hashCode();
    }

    @Override
    public String toString() {
        return weights.entrySet().stream()
                .map(entry -> "%+d %s".formatted(entry.getValue(), entry.getKey()))
                .collect(Collectors.joining(", ", "{", "}"));
    }

    /// Collects rows; weights of equal rows add up. One thread, one build.
    public static final class Builder {
        private final Map<Row, Long> weights = new LinkedHashMap<>();

        private Builder() {}

        /// Adds a row.
        public Builder add(Row row, long weight) {
            if (weight != 0) {
                weights.merge(row, weight, Math::addExact);
            }
            return this;
        }

        /// Adds all rows, their weights multiplied.
        public Builder addAll(ZSet rows, long factor) {
            rows.forEach((row, weight) -> add(row, Math.multiplyExact(weight, factor)));
            return this;
        }

        /// The Z-set of what was added.
        public ZSet build() {
            weights.values().removeIf(weight -> weight == 0);
            return weights.isEmpty() ? EMPTY : new ZSet(weights);
        }
    }
}
