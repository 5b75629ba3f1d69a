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
    private long followed;
    private int differential;
    private int immediate;
    private final Map<String, Integer> full = new TreeMap<>();

    synchronized void add(Scenario scenario, Outcome outcome) {
        switch (outcome) {
            case Outcome.Passed(int changed, int compared, List<Outcome.Effective> modes) -> {
                passed++;
                refreshes += changed;
                followed += compared;
                modes.forEach(this::add);
                scenario.operators().forEach(it -> operators.merge(it, 1, Integer::sum));
            }
            case Outcome.Invalid(String reason) -> invalid.add(reason);
            case Outcome.Failed _ -> {
                // Reported when it has shrunk.
            }
        }
    }

    private void add(Outcome.Effective effective) {
        switch (effective.mode()) {
            case DIFFERENTIAL -> differential++;
            case IMMEDIATE -> immediate++;
            case AUTO, FULL -> {
                String reason =
                        effective.reason().replaceAll("\"[^\"]*\"", "_").replaceAll("[0-9]+", "#");
                full.merge(reason, 1, Integer::sum);
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

    /// The comparisons within transactions.
    public synchronized long followed() {
        return followed;
    }

    /// How many stream tables followed within the writing transactions.
    public synchronized int immediate() {
        return immediate;
    }

    /// How many stream tables were maintained differentially.
    public synchronized int differential() {
        return differential;
    }

    /// Why the other ones were not, names and numbers left out, with how often.
    public synchronized Map<String, Integer> full() {
        return Map.copyOf(full);
    }

    /// One line for each fact.
    public synchronized String summary() {
        StringBuilder text = new StringBuilder();
        text.append(
                "%d cases passed, %d not run, %d failed, %d refreshes, %d comparisons within transactions%noperators: %s%n"
                        .formatted(
                                passed,
                                invalid.size(),
                                failures.size(),
                                refreshes,
                                followed,
                                operators));
        int others = full.values().stream().mapToInt(Integer::intValue).sum();
        text.append(
                "differential / immediate / full: %d / %d / %d"
                        .formatted(differential, immediate, others));
        full.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .forEach(it -> text.append("%n%6d  %s".formatted(it.getValue(), it.getKey())));
        return text.toString();
    }
}
