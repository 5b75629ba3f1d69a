package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Finds a key of a plan's result: columns that no two rows share; no columns at all when there is
/// at most one row.
///
/// Only used to choose what `__pgt_row_id` hashes, so that a changed row finds its predecessor and
/// becomes an UPDATE. Correctness never depends on it.
final class RowKeys {
    private RowKeys() {}

    /// The names of the key columns, or nothing when none follows from the plan.
    static Optional<Set<String>> of(Plan plan) {
        return switch (plan) {
            case Plan.Scan scan -> scan(scan);
            case Plan.Constant _,
                    Plan.UnionAll _,
                    Plan.Expand _,
                    Plan.Recursive _,
                    Plan.Working _ ->
                    Optional.empty();
            case Plan.Window window -> of(window.input());
            case Plan.Limit limit -> of(limit.input());
            case Plan.Stored stored -> of(stored.operator());
            case Plan.Filter filter -> of(filter.input());
            case Plan.Project project ->
                    of(project.input()).flatMap(keys -> projected(keys, project));
            case Plan.Join join -> joined(join);
            case Plan.Aggregate aggregate ->
                    Optional.of(names(aggregate.keys().stream().map(Column::name).toList()));
            case Plan.Distinct distinct -> Optional.of(names(distinct.outputNames()));
        };
    }

    /// The keys of both sides together; the key of one side when each of its rows has at most one
    /// partner.
    private static Optional<Set<String>> joined(Plan.Join join) {
        Optional<Set<String>> left = of(join.left());
        if (!join.kind().showsRight()) {
            return left;
        }
        if (join.kind() == Plan.Join.Kind.FULL) {
            return Optional.empty();
        }
        Optional<Set<String>> right = of(join.right());
        Set<String> equated = equated(join);
        if (right.filter(equated::containsAll).isPresent()) {
            return left;
        }
        if (join.kind() == Plan.Join.Kind.INNER && left.filter(equated::containsAll).isPresent()) {
            return right;
        }
        return left.flatMap(one -> right.map(other -> union(one, other)));
    }

    /// The columns that the condition equates with a column of the other side.
    private static Set<String> equated(Plan.Join join) {
        List<String> left = join.left().outputNames();
        Set<String> columns = new LinkedHashSet<>();
        for (Expr conjunct : join.condition().conjuncts()) {
            conjunct.equated()
                    .filter(pair -> left.contains(pair.getFirst()) != left.contains(pair.getLast()))
                    .ifPresent(columns::addAll);
        }
        return columns;
    }

    private static Set<String> names(List<String> columns) {
        return new LinkedHashSet<>(columns);
    }

    private static Set<String> union(Set<String> left, Set<String> right) {
        Set<String> all = new LinkedHashSet<>(left);
        all.addAll(right);
        return all;
    }

    private static Optional<Set<String>> scan(Plan.Scan scan) {
        Map<String, String> shown = new LinkedHashMap<>();
        for (int i = 0; i < scan.sources().size(); i++) {
            shown.putIfAbsent(scan.sources().get(i).name(), scan.output().get(i).name());
        }
        return scan.relation().keys().stream()
                .filter(key -> shown.keySet().containsAll(key))
                .findFirst()
                .map(key -> names(key.stream().map(shown::get).toList()));
    }

    private static Optional<Set<String>> projected(Set<String> keys, Plan.Project project) {
        Set<String> renamed = new LinkedHashSet<>();
        for (String key : keys) {
            Optional<String> column =
                    project.assignments().stream()
                            .filter(it -> it.expression().equals(new Expr.Ref(key)))
                            .map(it -> it.column().name())
                            .findFirst();
            if (column.isEmpty()) {
                return Optional.empty();
            }
            renamed.add(column.get());
        }
        return Optional.of(renamed);
    }
}
