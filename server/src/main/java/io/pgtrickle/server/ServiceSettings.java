package io.pgtrickle.server;

import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.server.schedule.Pace;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The settings of the service, as a session has them that its role begins now. Immutable.
final class ServiceSettings {
    private static final Logger log = LoggerFactory.getLogger("io.pgtrickle.server");

    /// Values that are not the default's.
    private final Map<String, String> given;

    /// @param given values that are allowed, by full name
    ServiceSettings(Map<String, String> given) {
        this.given = Map.copyOf(given);
    }

    /// Tells settings from others, and the installed version from others: what is stored for roles
    /// and databases, and what the session itself has, which follows the server's configuration
    /// files.
    static String mark(Connection connection) throws SQLException {
        return Sql.one(connection, "SELECT pgtrickle.settings_mark()", row -> row.getString(1));
    }

    /// Those of a new session. A value that is not allowed is reported and is as if it were not
    /// there.
    static ServiceSettings read(Connection fresh) throws SQLException {
        Map<String, String> given = new HashMap<>();
        Sql.query(
                fresh,
                "SELECT name, value, valid, error, source FROM pgtrickle.settings() WHERE source <> 'default'",
                row -> {
                    if (row.getBoolean(3)) {
                        given.put(row.getString(1), row.getString(2));
                    } else {
                        log.warn(
                                "{} = \"{}\" (from: {}) is ignored: {}",
                                row.getString(1),
                                row.getString(2),
                                row.getString(5),
                                row.getString(4));
                    }
                    return true;
                });
        return new ServiceSettings(given);
    }

    /// The pace that they set where they say something, `start` where not.
    ///
    /// @param start its workers are the most that there can be
    Pace pace(Pace start) {
        int workers =
                text("max_concurrent_refreshes")
                        .map(it -> Math.min(Integer.parseInt(it), start.workers()))
                        .orElse(start.workers());
        boolean parallel = text("parallel_refresh_mode").orElse("on").equals("on");
        return new Pace(
                flag("enabled"),
                millis("scheduler_interval_ms").orElse(start.poll()),
                parallel ? workers : 1,
                text("default_schedule_seconds")
                        .map(it -> Duration.ofSeconds(Long.parseLong(it)))
                        .orElse(start.defaultPeriod()),
                flag("event_driven_wake"),
                millis("wake_debounce_ms").orElse(start.debounce()),
                flag("tiered_scheduling"),
                flag("auto_backoff"));
    }

    private Optional<String> text(String name) {
        return Optional.ofNullable(given.get("pg_trickle." + name));
    }

    /// All of them are true by default.
    private boolean flag(String name) {
        return text(name).orElse("true").equals("true");
    }

    private Optional<Duration> millis(String name) {
        return text(name).map(it -> Duration.ofMillis(Long.parseLong(it)));
    }
}
