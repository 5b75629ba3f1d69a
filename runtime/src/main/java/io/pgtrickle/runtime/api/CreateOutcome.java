package io.pgtrickle.runtime.api;

import java.util.List;

/// What a creation or an alteration made: the stream table's state and the warnings to show.
public record CreateOutcome(StreamTableStatus streamTable, List<String> warnings) {
    public CreateOutcome {
        warnings = List.copyOf(warnings);
    }
}
