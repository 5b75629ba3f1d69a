package io.pgtrickle.tests.script;

/// How a script ended.
public sealed interface Outcome {

    /// Nothing was wrong.
    ///
    /// @param refreshes refreshes that changed something, differentially
    record Passed(int refreshes) implements Outcome {}

    /// The script itself cannot be run: its SQL is wrong, or it takes too long.
    record Invalid(String reason) implements Outcome {}

    /// The engine did something wrong.
    record Failed(Failure failure) implements Outcome {}
}
