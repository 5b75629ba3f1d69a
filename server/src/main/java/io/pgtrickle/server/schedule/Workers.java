package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.Lasting;
import java.sql.SQLException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;

/// Does what the scheduler starts, each on a virtual thread of its own, and reports the end as an
/// event.
///
/// Thread-safe.
final class Workers {
    /// What a worker reports when an error that is no exception ends it.
    private static final Result.Failed BROKEN =
            new Result.Failed("XX000", "the refresh was broken off");

    private final Database database;
    private final Consumer<Event> events;
    private final Runnable free;
    private final Logger log;

    /// Defects whose stack has been logged, by stream table.
    private final Map<Long, String> defects = new ConcurrentHashMap<>();

    /// @param free called when a refresh has ended, before its event
    Workers(Database database, Consumer<Event> events, Runnable free, Logger log) {
        this.database = database;
        this.events = events;
        this.free = free;
        this.log = log;
    }

    /// @param id under which its end is reported
    /// @param members what is refreshed together, each after those it reads
    void refresh(long id, List<Long> members) {
        Thread.ofVirtual()
                .name("pg_trickle refresh " + id)
                .start(() -> {
                    Result result = BROKEN;
                    try {
                        result = result(id, members);
                    } finally {
                        free.run();
                        events.accept(new Event.Finished(id, result));
                    }
                });
    }

    private Result result(long id, List<Long> members) {
        try {
            Result result = new Result.Nothing();
            Iterator<Long> ids = members.iterator();
            List<RefreshOutcome> outcomes =
                    database.refresh(
                            members, process -> events.accept(new Event.Begun(id, process)));
            for (RefreshOutcome outcome : outcomes) {
                long member = ids.next();
                switch (outcome.action()) {
                    case NO_DATA -> {}
                    case SKIP ->
                            result =
                                    outcome.held().isPresent()
                                            ? new Result.Held()
                                            : new Result.Busy();
                    case FULL, DIFFERENTIAL, REINITIALIZE -> {
                        result = new Result.Refreshed();
                        events.accept(new Event.Completed(member, outcome));
                    }
                }
            }
            return result;
        } catch (SQLException e) {
            return new Result.Failed(Errors.sqlState(e), oneLine(Errors.message(e)));
        } catch (PgTrickleException e) {
            String detail = e.detail().map(it -> " (" + it + ")").orElse("");
            return new Result.Failed(e.sqlState(), oneLine(e.getMessage() + detail));
        } catch (RuntimeException e) {
            if (!e.toString().equals(defects.put(id, e.toString()))) {
                log.error("Refresh of stream table {} failed by a defect", id, e);
            }
            return new Result.Failed("XX000", oneLine(e.toString()));
        }
    }

    void clean() {
        Thread.ofVirtual()
                .name("pg_trickle clean")
                .start(() -> {
                    List<Lasting> lasting = List.of();
                    try {
                        lasting = database.cleanBuffers();
                    } catch (SQLException e) {
                        log.warn(
                                "Cleaning the change buffers failed: {}",
                                oneLine(Errors.message(e)));
                    } catch (RuntimeException e) {
                        log.error("Cleaning the change buffers failed by a defect", e);
                    } finally {
                        events.accept(new Event.Cleaned(lasting));
                    }
                });
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
