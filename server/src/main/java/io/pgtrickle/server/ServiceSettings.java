package io.pgtrickle.server;

import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.server.schedule.Limits;
import io.pgtrickle.server.schedule.Pace;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;

/// The settings of the service, as a session has them that its role begins now. Immutable.
final class ServiceSettings {
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
    static ServiceSettings read(Connection fresh, Logger log) throws SQLException {
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
    Pace pace(Pace start) {
        return new Pace(
                flag("enabled"),
                millis("scheduler_interval_ms").orElse(start.poll()),
                limits(start.limits()),
                text("default_schedule_seconds")
                        .map(it -> Duration.ofSeconds(Long.parseLong(it)))
                        .orElse(start.defaultPeriod()),
                flag("event_driven_wake"),
                millis("wake_debounce_ms").orElse(start.debounce()),
                flag("tiered_scheduling"),
                flag("auto_backoff"));
    }

    private Limits limits(Limits start) {
        return new Limits(
                text("parallel_refresh_mode")
                        .map(it -> Limits.Mode.valueOf(it.toUpperCase(Locale.ROOT)))
                        .orElse(start.mode()),
                number("max_concurrent_refreshes").orElse(start.refreshes()),
                number("per_database_worker_quota").orElse(start.quota()),
                number("max_dynamic_refresh_workers").orElse(start.pool()));
    }

    private Optional<Integer> number(String name) {
        return text(name).map(Integer::valueOf);
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
