package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.model.DeltaEvaluator;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Plan;
import java.util.Map;
import java.util.Set;

/// A way to compute the change of a plan's result: the one under test, or a mutant of it.
@FunctionalInterface
interface DeltaRule {

    /// The rule of the [Differentiator].
    DeltaRule DIFFERENTIATOR =
            (plan, changed, now, changes) ->
                    DeltaEvaluator.evaluate(
                            Differentiator.differentiate(plan, changed), now, changes);

    /// The change of the result.
    ///
    /// @param changed the relations that may have changed
    /// @param now the relations after the change
    /// @param changes the change of each relation
    ZSet change(Plan plan, Set<Long> changed, Map<Long, ZSet> now, Map<Long, ZSet> changes);
}
