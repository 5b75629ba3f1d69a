package io.pgtrickle.compiler.model;

import io.pgtrickle.compiler.plan.Plan;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/// The rows of a recursion, round by round as `WITH RECURSIVE` computes them: each round reads the
/// new rows of the one before. Where equal rows of one round have different images, the first image
/// counts, so that the result is a function of the multisets. One thread.
final class Recursion {
    private static final int MOST_ROUNDS = 1000;

    private final Plan.Recursive recursive;
    private final Set<Row> seen = new HashSet<>();

    private Recursion(Plan.Recursive recursive) {
        this.recursive = recursive;
    }

    /// All rows.
    ///
    /// @param evaluator what base and step are evaluated by
    /// @throws IllegalStateException when there is no end
    static ZSet of(Plan.Recursive recursive, Evaluator evaluator) {
        return new Recursion(recursive).rows(evaluator);
    }

    private ZSet rows(Evaluator evaluator) {
        ZSet round = fresh(evaluator.evaluate(recursive.base()));
        ZSet all = round;
        for (int i = 0; !round.isEmpty(); i++) {
            if (i == MOST_ROUNDS) {
                throw new IllegalStateException("a recursion without an end");
            }
            round = fresh(evaluator.reading(recursive.number(), round).evaluate(recursive.step()));
            all = all.plus(round);
        }
        return all;
    }

    /// What counts of the rows of a round.
    private ZSet fresh(ZSet rows) {
        if (!recursive.distinct()) {
            return rows;
        }
        TreeMap<Row, Long> sorted = new TreeMap<>(Sorting.BY_IMAGE);
        sorted.putAll(rows.weights());
        ZSet.Builder fresh = ZSet.builder();
        sorted.keySet().stream()
                .filter(row -> seen.add(row.key()))
                .forEach(row -> fresh.add(row, 1));
        return fresh.build();
    }
}
