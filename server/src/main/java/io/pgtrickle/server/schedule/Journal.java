package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.jdbc.Errors;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The scheduler's log: a failure is one line the first time, and again only when it changes or
/// ends.
///
/// One thread.
final class Journal {
    private static final Logger log = LoggerFactory.getLogger("io.pgtrickle.server");

    private final Map<Long, Result.Failed> failing = new HashMap<>();
    private final Map<Long, String> unreadable = new HashMap<>();
    private String lastTrouble = "";

    void failed(long id, String name, Result.Failed failure, Duration retry) {
        if (failure.equals(failing.put(id, failure))) {
            log.debug("Refresh of {} failed again; next try in {} s", name, retry.toSeconds());
            return;
        }
        log.warn(
                "Refresh of {} failed: {} (SQLSTATE {}); next try in {} s",
                name,
                failure.message(),
                failure.sqlState(),
                retry.toSeconds());
    }

    void succeeded(long id, String name) {
        if (failing.remove(id) != null) {
            log.info("Refresh of {} works again", name);
        }
    }

    void gone(long id) {
        failing.remove(id);
        unreadable.remove(id);
    }

    /// A schedule that somebody wrote into the catalog by hand.
    void unreadableSchedule(long id, String name, String schedule) {
        if (!schedule.equals(unreadable.put(id, schedule))) {
            log.warn(
                    "Schedule \"{}\" of {} cannot be read; it is treated as calculated",
                    schedule,
                    name);
        }
    }

    void trouble(SQLException error) {
        String text = Errors.message(error) + " (SQLSTATE " + Errors.sqlState(error) + ")";
        if (!text.equals(lastTrouble)) {
            log.warn("Cannot read the catalog, refreshing pauses: {}", text);
        }
        lastTrouble = text;
    }

    void noTrouble() {
        if (!lastTrouble.isEmpty()) {
            log.info("The catalog can be read again");
        }
        lastTrouble = "";
    }
}
