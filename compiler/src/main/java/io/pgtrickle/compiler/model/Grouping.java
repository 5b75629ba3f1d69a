package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Grouping and aggregation. Where several images of a key are equal, the group shows the first one
/// in text order, so that the result is a function of the multiset. Immutable.
final class Grouping {
    private final Plan.Aggregate aggregate;
    private final int[] keys;
    private final List<Accumulation> accumulations;

    Grouping(Plan.Aggregate aggregate) {
        List<Column> columns = aggregate.input().output();
        this.aggregate = aggregate;
        this.keys = Scalars.positions(aggregate.keys(), columns);
        this.accumulations =
                aggregate.calls().stream().map(call -> Accumulation.of(call, columns)).toList();
    }

    /// One row a group of the input; one row for no input when there are no keys.
    ///
    /// @throws IllegalStateException when a weight is negative
    ZSet of(ZSet input) {
        ZSet.Builder rows = ZSet.builder();
        Map<Row, ZSet.Builder> groups = new LinkedHashMap<>();
        if (aggregate.global()) {
            groups.put(Row.EMPTY, ZSet.builder());
        }
        input.forEach((row, weight) -> {
            if (weight < 0) {
                throw new IllegalStateException(
                        "a negative weight in the input of an aggregate: " + row);
            }
            groups.computeIfAbsent(key(row), _ -> ZSet.builder()).add(row, weight);
        });
        groups.forEach((key, group) -> rows.add(result(key, group.build()), 1));
        return rows.build();
    }

    /// The change of the groups, each brought up to date from its state.
    ///
    /// @param before the input before, of which only the groups' state is used
    /// @param change the change of the input
    /// @param after the input after, read for the groups that their state does not determine
    /// @throws IllegalStateException when a group has less than no rows
    ZSet change(ZSet before, ZSet change, ZSet after) {
        ZSet.Builder rows = ZSet.builder();
        Set<Row> touched =
                change.weights().keySet().stream().map(this::key).collect(Collectors.toSet());
        for (Row key : touched) {
            ZSet old = group(before, key);
            ZSet delta = group(change, key);
            ZSet now = group(after, key);
            long size = size(old);
            long newSize = Math.addExact(size, size(delta));
            if (newSize < 0) {
                throw new IllegalStateException("a group with less than no rows: " + key);
            }
            if (size > 0 || aggregate.global()) {
                rows.add(result(key, old), -1);
            }
            if (newSize > 0 || aggregate.global()) {
                rows.add(maintained(key, old, delta, now), 1);
            }
        }
        return rows.build();
    }

    private ZSet group(ZSet rows, Row key) {
        return rows.filter(row -> key(row).equals(key));
    }

    private static long size(ZSet rows) {
        return rows.weights().values().stream()
                .mapToLong(Long::longValue)
                .reduce(0, Math::addExact);
    }

    private Row maintained(Row key, ZSet old, ZSet change, ZSet now) {
        List<@Nullable Object> values = new ArrayList<>(shownKey(now, key).values());
        for (Accumulation it : accumulations) {
            values.add(it.maintained(it.state(old), change, now));
        }
        return new Row(values);
    }

    private Row key(Row row) {
        return row.pick(keys).key();
    }

    private Row result(Row key, ZSet group) {
        List<@Nullable Object> values = new ArrayList<>();
        values.addAll(shownKey(group, key).values());
        for (Accumulation accumulation : accumulations) {
            values.add(accumulation.over(group));
        }
        return new Row(values);
    }

    private Row shownKey(ZSet group, Row none) {
        Row shown = none;
        boolean first = true;
        for (Row row : group.weights().keySet()) {
            Row candidate = row.pick(keys);
            if (first
                    || (!candidate.equals(shown)
                            && candidate.toString().compareTo(shown.toString()) < 0)) {
                shown = candidate;
                first = false;
            }
        }
        return shown;
    }
}
