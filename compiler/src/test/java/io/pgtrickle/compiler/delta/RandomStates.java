package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.model.Row;
import io.pgtrickle.compiler.model.ZSet;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Random states of [Tables], one following from the other by inserts, deletes and updates. One
/// thread.
final class RandomStates {
    private static final List<BigDecimal> DECIMALS =
            List.of(
                    new BigDecimal("1"),
                    new BigDecimal("1.0"),
                    new BigDecimal("1.00"),
                    new BigDecimal("0.5"));

    private final RandomGenerator random;

    RandomStates(RandomGenerator random) {
        this.random = random;
    }

    /// Rows for every relation, many of them equal.
    Map<Long, ZSet> state() {
        Map<Long, ZSet> state = new TreeMap<>();
        for (Relation relation : Tables.ALL) {
            ZSet.Builder rows = ZSet.builder();
            for (int i = random.nextInt(6); i > 0; i--) {
                rows.add(row(relation), 1);
            }
            state.put(relation.oid(), rows.build());
        }
        return state;
    }

    /// The state after some changes of none, one or several relations.
    Map<Long, ZSet> next(Map<Long, ZSet> state) {
        Map<Long, ZSet> next = new TreeMap<>(state);
        int touched = 1 + random.nextInt((1 << Tables.ALL.size()) - 1);
        for (int i = 0; i < Tables.ALL.size(); i++) {
            if ((touched >> i & 1) == 1) {
                Relation relation = Tables.ALL.get(i);
                next.computeIfPresent(relation.oid(), (_, rows) -> changed(relation, rows));
            }
        }
        return next;
    }

    private ZSet changed(Relation relation, ZSet rows) {
        if (random.nextInt(20) == 0) {
            return ZSet.empty();
        }
        ZSet result = rows;
        for (int i = random.nextInt(4); i > 0; i--) {
            result = step(relation, result);
        }
        return result;
    }

    private ZSet step(Relation relation, ZSet rows) {
        int kind = random.nextInt(3);
        if (kind == 0 || rows.isEmpty()) {
            return rows.plus(ZSet.of(row(relation)));
        }
        Row old = new ArrayList<>(rows.weights().keySet()).get(random.nextInt(rows.size()));
        ZSet without = rows.minus(ZSet.of(old));
        return kind == 1 ? without : without.plus(ZSet.of(updated(relation, old)));
    }

    private Row updated(Relation relation, Row old) {
        List<@Nullable Object> values = new ArrayList<>(old.values());
        int column = random.nextInt(values.size());
        values.set(column, value(relation.columns().get(column)));
        return new Row(values);
    }

    private Row row(Relation relation) {
        List<@Nullable Object> values = new ArrayList<>();
        for (RelationColumn column : relation.columns()) {
            values.add(value(column));
        }
        return new Row(values);
    }

    private @Nullable Object value(RelationColumn column) {
        if (column.nullability() == Nullability.NULLABLE && random.nextInt(4) == 0) {
            return null;
        }
        if (column.type().equals(TypeFacts.BIGINT)) {
            return (long) random.nextInt(3);
        }
        if (column.type().equals(TypeFacts.ANY_NUMERIC)) {
            return DECIMALS.get(random.nextInt(DECIMALS.size()));
        }
        return column.type().equals(TypeFacts.BOOLEAN)
                ? (Object) random.nextBoolean()
                : random.nextBoolean() ? "a" : "b";
    }
}
