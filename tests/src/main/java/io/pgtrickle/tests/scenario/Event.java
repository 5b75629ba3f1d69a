package io.pgtrickle.tests.scenario;

/// Something that happens after the stream tables are created.
public sealed interface Event {

    /// A statement.
    ///
    /// @param transaction numbers the transaction; statements of one number go together
    record Run(int connection, int transaction, Change change) implements Event {}

    /// All stream tables are refreshed and compared.
    record Refresh() implements Event {}
}
