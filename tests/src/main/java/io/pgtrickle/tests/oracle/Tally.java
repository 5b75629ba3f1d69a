package io.pgtrickle.tests.oracle;

import io.pgtrickle.tests.scenario.Scenario;
import io.pgtrickle.tests.script.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What a run of the oracle covered and found. Thread-safe.
public final class Tally {
    private final Map<String, Integer> operators = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();
    private final List<String> invalid = new ArrayList<>();
    private int passed;
    private long refreshes;

    synchronized void add(Scenario scenario, Outcome outcome) {
        switch (outcome) {
            case Outcome.Passed(int changed) -> {
                passed++;
                refreshes += changed;
                scenario.operators().forEach(it -> operators.merge(it, 1, Integer::sum));
            }
            case Outcome.Invalid(String reason) -> invalid.add(reason);
            case Outcome.Failed _ -> {
                // Reported when it has shrunk.
            }
        }
    }

    synchronized void add(String failure) {
        failures.add(failure);
    }

    /// Cases that ran to the end without a difference.
    public synchronized int passed() {
        return passed;
    }

    /// Why cases were not run.
    public synchronized List<String> invalid() {
        return List.copyOf(invalid);
    }

    /// The differential refreshes that changed something.
    public synchronized long refreshes() {
        return refreshes;
    }

    /// The scripts of failing cases, shrunk.
    public synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /// In how many passed cases each operator occurred.
    public synchronized Map<String, Integer> operators() {
        return Map.copyOf(operators);
    }

    /// One line for each fact.
    public synchronized String summary() {
        return "%d cases passed, %d not run, %d failed, %d refreshes%noperators: %s"
                .formatted(passed, invalid.size(), failures.size(), refreshes, operators);
    }
}
