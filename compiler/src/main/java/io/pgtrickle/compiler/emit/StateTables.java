package io.pgtrickle.compiler.emit;

/// The hidden tables that keep inner results of one stream table.
///
/// @param streamTable the stream table's catalog id
public record StateTables(long streamTable) {
    private static final String SCHEMA = "pgtrickle_owned";

    /// The name of the state table `number`, without its schema.
    public String name(int number) {
        return "state_" + streamTable + "_" + number;
    }

    /// The state table `number`, quoted.
    public String table(int number) {
        return Identifier.quote(SCHEMA, name(number));
    }
}
