package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.model.DeltaEvaluator;
import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Computes a delta in which every node may be tampered with. One thread, one computation.
final class Workbench {
    private final Map<Long, ZSet> now;
    private final Map<Long, ZSet> changes;

    private Workbench(Map<Long, ZSet> now, Map<Long, ZSet> changes) {
        this.now = now;
        this.changes = new HashMap<>(changes);
    }

    /// The rule of the [Differentiator] with a fault in every node.
    static DeltaRule with(Fault fault) {
        return (plan, changed, now, changes) ->
                new Workbench(now, changes).change(plan, changed, fault);
    }

    private ZSet change(Plan plan, Set<Long> changed, Fault fault) {
        Delta right = Differentiator.differentiate(plan, changed);
        return value(Rewriting.rewrite(right, node -> fault.in(node, this)));
    }

    /// What a delta means here.
    ZSet value(Delta delta) {
        return DeltaEvaluator.evaluate(delta, now, changes);
    }

    /// What a plan means here, in the new state.
    ZSet value(Plan plan) {
        return Evaluator.evaluate(plan, now);
    }

    /// A delta that means exactly this: the pending changes of a relation made up for it.
    Delta meaning(ZSet rows, List<Column> columns) {
        long oid = 1_000_000L + changes.size();
        List<RelationColumn> sources = new ArrayList<>();
        for (Column column : columns) {
            sources.add(
                    new RelationColumn(
                            column.name(),
                            sources.size() + 1,
                            column.type(),
                            column.nullability()));
        }
        changes.put(oid, rows);
        return new Delta.Pending(
                new Plan.Scan(Tables.relation(oid, "tampered", sources), columns, sources));
    }

    /// A fault in a delta rule.
    @FunctionalInterface
    interface Fault {
        /// The node as the faulty rule has it; the node itself where the fault is not.
        Delta in(Delta node, Workbench bench);
    }
}
