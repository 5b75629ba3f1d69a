package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// The grouping sets that a GROUP BY clause stands for.
final class GroupingSets {
    /// More sets than this are refused.
    static final int LIMIT = 64;

    private GroupingSets() {}

    static List<Set<SqlExpr>> of(Body.Select select) {
        long count = 1;
        for (GroupItem item : select.groupBy()) {
            count = Math.min(Integer.MAX_VALUE, count * count(item));
        }
        if (count > LIMIT) {
            throw new UnsupportedConstruct(
                    "more than " + LIMIT + " grouping sets",
                    "GROUP BY stands for "
                            + (count == Integer.MAX_VALUE ? "far " : "")
                            + "more grouping sets than are maintained.");
        }
        List<Set<SqlExpr>> sets = List.of(Set.of());
        for (GroupItem item : select.groupBy()) {
            sets = product(sets, sets(item));
        }
        return select.groupDistinct() ? List.copyOf(new LinkedHashSet<>(sets)) : sets;
    }

    private static long count(GroupItem item) {
        return switch (item) {
            case GroupItem.Key _, GroupItem.Keys _, GroupItem.Empty _ -> 1;
            case GroupItem.Rollup(var entries) -> entries.size() + 1L;
            case GroupItem.Cube(var entries) ->
                    entries.size() > 30 ? Integer.MAX_VALUE : 1L << entries.size();
            case GroupItem.GroupingSets(var items) ->
                    items.stream().mapToLong(GroupingSets::count).sum();
        };
    }

    private static List<Set<SqlExpr>> sets(GroupItem item) {
        return switch (item) {
            case GroupItem.Key(SqlExpr expression) -> List.of(Set.of(expression));
            case GroupItem.Keys(List<SqlExpr> expressions) ->
                    List.of(new LinkedHashSet<>(expressions));
            case GroupItem.Empty _ -> List.of(Set.of());
            case GroupItem.Rollup(List<List<SqlExpr>> entries) -> {
                List<Set<SqlExpr>> sets = new ArrayList<>();
                for (int length = entries.size(); length >= 0; length--) {
                    sets.add(union(entries.subList(0, length)));
                }
                yield sets;
            }
            case GroupItem.Cube(List<List<SqlExpr>> entries) -> {
                List<Set<SqlExpr>> sets = new ArrayList<>();
                for (int mask = (1 << entries.size()) - 1; mask >= 0; mask--) {
                    List<List<SqlExpr>> chosen = new ArrayList<>();
                    for (int i = 0; i < entries.size(); i++) {
                        if ((mask >> (entries.size() - 1 - i) & 1) == 1) {
                            chosen.add(entries.get(i));
                        }
                    }
                    sets.add(union(chosen));
                }
                yield sets;
            }
            case GroupItem.GroupingSets(List<GroupItem> items) ->
                    items.stream().flatMap(it -> sets(it).stream()).toList();
        };
    }

    private static Set<SqlExpr> union(List<List<SqlExpr>> entries) {
        Set<SqlExpr> all = new LinkedHashSet<>();
        entries.forEach(all::addAll);
        return all;
    }

    private static List<Set<SqlExpr>> product(List<Set<SqlExpr>> left, List<Set<SqlExpr>> right) {
        return left.stream().flatMap(one -> right.stream().map(other -> join(one, other))).toList();
    }

    private static Set<SqlExpr> join(Set<SqlExpr> one, Set<SqlExpr> other) {
        Set<SqlExpr> all = new LinkedHashSet<>();
        Stream.of(one, other).forEach(all::addAll);
        return all;
    }
}
