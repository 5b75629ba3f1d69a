package io.pgtrickle.tests.oracle;

import io.pgtrickle.tests.scenario.ImmediateScenario;
import io.pgtrickle.tests.scenario.Scenario;
import io.pgtrickle.tests.scenario.ScenarioGenerator;
import java.util.Locale;

/// What is made of a seed.
public enum Kind {
    /// Stream tables that are refreshed.
    DIFFERENTIAL,
    /// The same, beside others of the same queries that follow within the writing transactions.
    IMMEDIATE;

    /// The case of a seed.
    public Scenario scenario(long seed) {
        return switch (this) {
            case DIFFERENTIAL -> ScenarioGenerator.of(seed);
            case IMMEDIATE -> ImmediateScenario.of(seed);
        };
    }

    /// Its name in the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
