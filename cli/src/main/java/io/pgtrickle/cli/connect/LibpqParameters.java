package io.pgtrickle.cli.connect;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// libpq's connection parameters by the names that pgjdbc has for them.
final class LibpqParameters {
    private static final Map<String, String> NAMES =
            Map.of(
                    "application_name", "ApplicationName",
                    "connect_timeout", "connectTimeout",
                    "target_session_attrs", "targetServerType",
                    "gssencmode", "gssEncMode",
                    "channel_binding", "channelBinding",
                    "keepalives", "tcpKeepAlive");

    private static final Map<String, String> SERVER_TYPES =
            Map.of(
                    "read-write", "primary",
                    "read-only", "secondary",
                    "standby", "secondary",
                    "prefer-standby", "preferSecondary");

    private LibpqParameters() {}

    static Map<String, String> translated(Map<String, String> parameters) {
        Map<String, String> result = new LinkedHashMap<>();
        parameters.forEach((name, value) -> {
            if (!name.equals("client_encoding")) {
                result.put(Optional.ofNullable(NAMES.get(name)).orElse(name), value(name, value));
            }
        });
        return result;
    }

    private static String value(String name, String value) {
        return switch (name) {
            case "target_session_attrs" ->
                    Optional.ofNullable(SERVER_TYPES.get(value)).orElse(value);
            case "keepalives" -> value.equals("0") ? "false" : "true";
            default -> value;
        };
    }
}
