package io.pgtrickle.tests.script;

import io.pgtrickle.runtime.api.RefreshMode;
import java.util.List;

/// How a script ended.
public sealed interface Outcome {

    /// Nothing was wrong.
    ///
    /// @param refreshes refreshes that changed something, differentially
    /// @param followed comparisons within transactions
    /// @param modes what each stream table came to
    record Passed(int refreshes, int followed, List<Effective> modes) implements Outcome {
        public Passed {
            modes = List.copyOf(modes);
        }
    }

    /// The mode of a stream table.
    ///
    /// @param reason why it is FULL, empty for differential ones
    record Effective(String streamTable, RefreshMode mode, String reason) {}

    /// The script itself cannot be run: its SQL is wrong, or it takes too long.
    record Invalid(String reason) implements Outcome {}

    /// The engine did something wrong.
    record Failed(Failure failure) implements Outcome {}
}
