package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.delta.RandomCalls.Ties;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/// Random plans over [Tables], with unique column names. One thread, one plan.
final class RandomPlans {
    private final RandomGenerator random;
    private final RandomOperators operators;
    private int leaves;

    /// @param ties whether results may depend on the order of rows that tie
    RandomPlans(RandomGenerator random, Ties ties) {
        this.random = random;
        this.operators = new RandomOperators(random, ties);
    }

    /// A plan of at most that many operators from the root to a leaf, not counting those that make
    /// inputs fit.
    Plan plan(int depth) {
        if (depth <= 1 || leaves > 4 || random.nextInt(12) == 0) {
            leaves++;
            return random.nextInt(12) == 0 ? operators.constant() : relation();
        }
        return switch (random.nextInt(20)) {
            case 0, 1 -> operators.filter(plan(depth - 1));
            case 2 -> operators.project(plan(depth - 1));
            case 3, 4 -> join(Plan.Join.Kind.INNER, depth);
            case 5, 6 -> join(Plan.Join.Kind.LEFT, depth);
            case 7 -> join(Plan.Join.Kind.FULL, depth);
            case 8 -> join(Plan.Join.Kind.SEMI, depth);
            case 9 -> join(Plan.Join.Kind.ANTI, depth);
            case 10 -> union(depth);
            case 11 -> operators.distinct(plan(depth - 1));
            case 12, 13 -> operators.aggregate(plan(depth - 1));
            case 14, 15 -> operators.stored(plan(depth - 1));
            case 16 -> operators.expand(plan(depth - 1));
            case 17 -> operators.window(plan(depth - 1));
            case 18 -> operators.limit(plan(depth - 1));
            default -> operators.recursion(plan(depth - 1), plan(Math.min(depth - 1, 2)));
        };
    }

    /// A scan of one of the relations.
    Plan.Scan relation() {
        return operators.scan(Tables.ALL.get(random.nextInt(Tables.ALL.size())));
    }

    /// A plan with a filter at the top.
    Plan filtered(int depth) {
        return operators.filter(plan(depth));
    }

    /// A plan with a grouping at the top that counts the distinct values of a column.
    Plan counted(int depth) {
        return operators.counted(plan(depth));
    }

    private Plan join(Plan.Join.Kind kind, int depth) {
        return operators.join(kind, plan(depth - 1), plan(depth - 1));
    }

    private Plan union(int depth) {
        List<Plan> inputs = new ArrayList<>();
        int count = 1 + random.nextInt(3);
        for (int i = 0; i < count; i++) {
            inputs.add(plan(depth - 1));
        }
        return operators.union(inputs);
    }
}
