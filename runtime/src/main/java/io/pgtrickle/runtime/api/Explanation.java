package io.pgtrickle.runtime.api;

import java.util.List;
import java.util.Optional;

/// How a stream table, or a query that could become one, is maintained.
///
/// @param mode the mode that AUTO resolves to
/// @param reason why it is FULL, empty when differential
/// @param warnings what the user should know
/// @param operatorTree the operators, one a line, indented by depth, each with its strategy
/// @param storage the columns of the stored table, hidden ones included
/// @param deltaSql the refresh statement when every source has changed, empty when the mode is FULL
public record Explanation(
        RefreshMode mode,
        Optional<String> reason,
        List<String> warnings,
        String operatorTree,
        List<String> storage,
        Optional<String> deltaSql) {
    public Explanation {
        warnings = List.copyOf(warnings);
        storage = List.copyOf(storage);
    }
}
