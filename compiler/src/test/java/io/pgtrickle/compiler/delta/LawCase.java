package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.RandomCalls.Ties;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/// A plan and three states of its relations, in the order in which they followed each other.
///
/// @param plan the plan
/// @param states the rows of each relation by OID, one map a state
record LawCase(Plan plan, List<Map<Long, ZSet>> states) {

    LawCase {
        states = List.copyOf(states);
    }

    /// The case of a seed; the same one whenever it is asked for.
    static LawCase of(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Plan plan = new RandomPlans(random, Ties.SPLIT).plan(1 + random.nextInt(5));
        return of(plan, random);
    }

    /// Random states for a plan.
    static LawCase of(Plan plan, SplittableRandom random) {
        RandomStates generator = new RandomStates(random);
        Map<Long, ZSet> before = generator.state();
        Map<Long, ZSet> between = generator.next(before);
        return new LawCase(plan, List.of(before, between, generator.next(between)));
    }

    /// The rows of each relation in a state.
    Map<Long, ZSet> state(int state) {
        return states.get(state);
    }

    /// What changed from one state to another: relations without a change are absent.
    Map<Long, ZSet> changes(int from, int to) {
        Map<Long, ZSet> changes = new TreeMap<>();
        state(to)
                .forEach((oid, rows) -> {
                    ZSet before = state(from).getOrDefault(oid, ZSet.empty());
                    if (!rows.equals(before)) {
                        changes.put(oid, rows.minus(before));
                    }
                });
        return changes;
    }

    @Override
    public String toString() {
        return "plan: %s%n  state 0: %s%n  change 0-1: %s%n  change 1-2: %s"
                .formatted(PlanText.of(plan), state(0), changes(0, 1), changes(1, 2));
    }
}
