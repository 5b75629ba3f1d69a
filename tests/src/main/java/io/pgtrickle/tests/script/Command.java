package io.pgtrickle.tests.script;

import java.util.List;

/// A step of a script.
public sealed interface Command {

    /// A statement on one of the script's connections. Before the first stream table it must
    /// succeed; afterwards it may fail, as an application's statements do.
    record Sql(int connection, String text) implements Command {}

    /// Creates a stream table.
    ///
    /// @param exact the output columns, from 1, that must be the same to the last digit, not only
    ///   equal
    /// @param modes the refresh modes to ask for, one after the other while they are refused
    record Create(String name, String query, List<Integer> exact, List<String> modes)
            implements Command {
        public Create {
            exact = List.copyOf(exact);
            modes = List.copyOf(modes);
        }
    }

    /// Refreshes one stream table, or all in the order of their creation.
    record Refresh(List<String> names) implements Command {
        public Refresh {
            names = List.copyOf(names);
        }
    }

    /// Compares every stream table with its query.
    record Check() implements Command {}
}
