package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.model.ZSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// What must hold of every delta rule.
enum Law {
    /// The old result and its change make the new result.
    RESULT_FOLLOWS {
        @Override
        boolean holds(LawCase it, DeltaRule rule) {
            ZSet before = Evaluator.evaluate(it.plan(), it.state(0));
            ZSet after = Evaluator.evaluate(it.plan(), it.state(1));
            return before.plus(change(it, rule, 0, 1)).equals(after);
        }
    },
    /// Relations that could have changed but did not make no difference.
    UNCHANGED_RELATIONS_DO_NOT_MATTER {
        @Override
        boolean holds(LawCase it, DeltaRule rule) {
            ZSet wide = rule.change(it.plan(), it.state(1).keySet(), it.state(1), it.changes(0, 1));
            return wide.equals(change(it, rule, 0, 1));
        }
    },
    /// Without a change of the relations the result does not change.
    NO_CHANGE_FROM_NO_CHANGE {
        @Override
        boolean holds(LawCase it, DeltaRule rule) {
            return rule.change(it.plan(), it.state(1).keySet(), it.state(1), Map.of()).isEmpty()
                    && rule.change(it.plan(), Set.of(), it.state(1), Map.of()).isEmpty()
                    && Differentiator.differentiate(it.plan(), Set.of()).isNothing();
        }
    },
    /// Two changes one after the other are the change by their sum.
    CHANGES_ADD_UP {
        @Override
        boolean holds(LawCase it, DeltaRule rule) {
            ZSet steps = change(it, rule, 0, 1).plus(change(it, rule, 1, 2));
            return steps.equals(change(it, rule, 0, 2));
        }
    };

    /// Whether the rule obeys the law in this case.
    abstract boolean holds(LawCase it, DeltaRule rule);

    /// The first law that the rule breaks in this case; failing to compute anything breaks it.
    static Optional<Law> broken(LawCase it, DeltaRule rule) {
        for (Law law : values()) {
            if (law.breaks(it, rule)) {
                return Optional.of(law);
            }
        }
        return Optional.empty();
    }

    /// Whether the rule breaks the law in this case.
    boolean breaks(LawCase it, DeltaRule rule) {
        try {
            return !holds(it, rule);
        } catch (IllegalStateException | IllegalArgumentException | ArithmeticException _) {
            return true;
        }
    }

    private static ZSet change(LawCase it, DeltaRule rule, int from, int to) {
        Map<Long, ZSet> changes = it.changes(from, to);
        return rule.change(it.plan(), changes.keySet(), it.state(to), changes);
    }
}
