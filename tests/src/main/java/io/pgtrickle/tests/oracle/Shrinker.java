package io.pgtrickle.tests.oracle;

import io.pgtrickle.tests.scenario.Scenario;
import io.pgtrickle.tests.scenario.Shrinking;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/// Makes a failing scenario smaller while it still fails, within a time budget.
///
/// First transactions go, then statements, rows, stream tables, parts of queries, columns. It
/// starts again as long as something could go.
public final class Shrinker {
    private final Predicate<Scenario> fails;
    private final long deadline;
    private final Set<String> seen = new HashSet<>();

    /// A shrinker that asks `fails` whether a candidate fails the same way.
    public Shrinker(Predicate<Scenario> fails, Duration budget) {
        this.fails = fails;
        this.deadline = System.nanoTime() + budget.toNanos();
    }

    /// The smallest failing scenario that was found.
    public Scenario shrink(Scenario failing) {
        Scenario best = failing;
        boolean progress = true;
        while (progress && !late()) {
            progress = false;
            for (Shrinking step : Shrinking.values()) {
                Scenario smaller = step(best, step);
                progress |= !smaller.equals(best);
                best = smaller;
            }
        }
        return best;
    }

    private Scenario step(Scenario start, Shrinking step) {
        Scenario best = start;
        boolean progress = true;
        while (progress && !late()) {
            progress = false;
            List<Scenario> candidates = step.candidates(best);
            for (Scenario candidate : candidates) {
                if (late()) {
                    break;
                }
                if (seen.add(candidate.script().text()) && fails.test(candidate)) {
                    best = candidate;
                    progress = true;
                    break;
                }
            }
        }
        return best;
    }

    private boolean late() {
        return System.nanoTime() - deadline > 0;
    }
}
