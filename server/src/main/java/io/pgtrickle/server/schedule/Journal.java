package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.jdbc.Errors;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;

/// The scheduler's log: a failure is one line the first time, and again only when it changes or
/// ends.
///
/// One thread.
final class Journal {
    /// How long nothing is said of what comes and goes.
    static final Duration QUIET = Duration.ofMinutes(5);

    private final Logger log;
    private final Map<Long, Result.Failed> failing = new HashMap<>();
    private final Map<Long, String> unreadable = new HashMap<>();
    private final Map<Long, Told> strained = new HashMap<>();
    private String lastTrouble = "";
    private boolean silenced;
    private boolean unseen;
    private List<String> planned = List.of();

    /// What was said of one whose refreshes take long, and when.
    private record Told(int factor, Instant at) {}

    Journal(Logger log) {
        this.log = log;
    }

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

    /// A refresh that took nearly as long as its period, or longer: one line, and another each time
    /// that its refreshes become rarer.
    void strained(long id, String name, Strain strain, Instant now) {
        Told known = strained.get(id);
        if (known == null || strain.factor() > known.factor()) {
            strained.put(id, new Told(strain.factor(), now));
            log.warn(
                    "Refreshing {} takes {} ms, {} % of its schedule of {} ms; it is refreshed every {} ms at most",
                    name,
                    strain.took().toMillis(),
                    Math.round(100 * strain.ratio()),
                    strain.period().toMillis(),
                    strain.period().multipliedBy(strain.factor()).toMillis());
        }
    }

    /// A refresh in time; what comes and goes is not over before it has not been said for a while.
    void inTime(long id, String name, Instant now) {
        Told known = strained.get(id);
        if (known != null && !now.isBefore(known.at().plus(QUIET))) {
            strained.remove(id);
            log.info("Refreshing {} keeps up with its schedule again", name);
        }
    }

    /// Those who listen could not be told.
    void silenced(SQLException error) {
        if (!silenced) {
            log.warn(
                    "Notifications are lost: {} (SQLSTATE {})",
                    Errors.message(error),
                    Errors.sqlState(error));
        }
        silenced = true;
    }

    void told() {
        silenced = false;
    }

    /// What is refreshed could not be shown.
    void unseen(SQLException error) {
        if (!unseen) {
            log.warn(
                    "pgt_scheduler_jobs is behind: {} (SQLSTATE {})",
                    Errors.message(error),
                    Errors.sqlState(error));
        }
        unseen = true;
    }

    void seen() {
        unseen = false;
    }

    /// What would be done at the same time; once until it changes.
    void planned(List<String> lines) {
        if (!lines.equals(planned)) {
            lines.forEach(it -> log.info("Dry run: {}", it));
        }
        planned = lines;
    }

    void gone(long id) {
        failing.remove(id);
        strained.remove(id);
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
