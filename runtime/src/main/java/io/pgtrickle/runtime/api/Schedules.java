package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;

/// Schedules that a user gives.
final class Schedules {
    private Schedules() {}

    /// The canonical text of a schedule.
    ///
    /// @throws PgTrickleException 22023 when it cannot be read, or is shorter than
    ///   `pg_trickle.min_schedule_seconds`
    static String text(Session session, String given) throws SQLException {
        Schedule schedule = Schedule.parse(given);
        if (schedule instanceof Schedule.Every(Duration interval)) {
            long seconds =
                    session.one(
                            "SELECT pgtrickle.setting('min_schedule_seconds')::bigint",
                            row -> row.getLong(1));
            if (interval.compareTo(Duration.ofSeconds(seconds)) < 0) {
                throw PgTrickleException.invalidArgument(
                        "invalid argument: schedule \"" + given + "\"",
                        "pg_trickle.min_schedule_seconds is " + seconds + ".",
                        "Give a longer interval, or lower the setting.");
            }
        }
        return schedule.text();
    }
}
