package io.pgtrickle.runtime.session;

import com.fasterxml.jackson.databind.JsonNode;
import java.sql.SQLException;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// Errors that statements raised in a calling session, in the driver's form.
final class CallerErrors {
    private CallerErrors() {}

    /// @param error an object with `sqlstate`, `message`, `detail` and `hint`
    static SQLException of(JsonNode error) {
        StringBuilder fields = new StringBuilder("SERROR\0VERROR\0");
        append(fields, 'C', error.path("sqlstate").asText("XX000"));
        append(fields, 'M', error.path("message").asText(""));
        append(fields, 'D', error.path("detail").asText(""));
        append(fields, 'H', error.path("hint").asText(""));
        return new PSQLException(new ServerErrorMessage(fields.toString()));
    }

    private static void append(StringBuilder fields, char field, String value) {
        if (!value.isEmpty()) {
            fields.append(field).append(value.replace("\0", "")).append('\0');
        }
    }
}
