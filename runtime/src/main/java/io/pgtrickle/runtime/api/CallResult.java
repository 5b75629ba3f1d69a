package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.util.List;

/// What a call of the SQL API gives.
///
/// @param value the function's result
/// @param notices what the user is told beside it
record CallResult(JsonNode value, List<Notice> notices) {
    CallResult {
        notices = List.copyOf(notices);
    }

    /// How loud a notice is.
    enum Level {
        INFO,
        NOTICE,
        WARNING
    }

    /// One message.
    record Notice(Level level, String message) {}

    static CallResult of(JsonNode value) {
        return new CallResult(value, List.of());
    }

    static CallResult nothing(List<Notice> notices) {
        return new CallResult(NullNode.getInstance(), notices);
    }

    static CallResult saying(Level level, String message) {
        return nothing(List.of(new Notice(level, message)));
    }
}
