package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
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
    ZSet of(ZSet input) {
        return of(input, _ -> true);
    }

    /// The groups with these keys, and only those.
    ZSet of(ZSet input, Set<Row> wanted) {
        return of(input, wanted::contains);
    }

    /// The keys of the groups that a change of the input touches.
    Set<Row> touched(ZSet change) {
        return change.weights().keySet().stream().map(this::key).collect(Collectors.toSet());
    }

    private Row key(Row row) {
        return row.pick(keys).key();
    }

    private ZSet of(ZSet input, Predicate<Row> wanted) {
        Map<Row, ZSet.Builder> groups = new LinkedHashMap<>();
        if (aggregate.global() && wanted.test(Row.EMPTY)) {
            groups.put(Row.EMPTY, ZSet.builder());
        }
        input.forEach((row, weight) -> {
            Row key = key(row);
            if (wanted.test(key)) {
                if (weight < 0) {
                    throw new IllegalStateException(
                            "a negative weight in the input of an aggregate: " + row);
                }
                groups.computeIfAbsent(key, _ -> ZSet.builder()).add(row, weight);
            }
        });
        ZSet.Builder rows = ZSet.builder();
        groups.forEach((key, group) -> rows.add(result(key, group.build()), 1));
        return rows.build();
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
