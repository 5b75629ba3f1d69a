package io.pgtrickle.server.schedule;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.Schedulable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/*
 * Nobody knows whether somebody listens, and a NOTIFY costs its transaction a lock that all others with a NOTIFY wait for.
 * So refreshes send none: what is to be told of them is gathered here, and goes out with one statement on the connection
 * that holds the lease, at once after a quiet second, else once a second.
 */

/// What those who listen are told about stream tables, and when it is said again.
///
/// No clock and no database. One thread.
final class Notices {
    static final Duration APART = Duration.ofSeconds(1);

    /// How soon a state that lasts is told again.
    static final Duration AGAIN = Duration.ofSeconds(60);

    /// How long a stream table without a period may be behind.
    static final Duration PATIENCE = Duration.ofSeconds(60);

    /// What is gathered at most; the rest is lost.
    static final int MOST = 10_000;

    private record Topic(long id, String event) {}

    private final List<Alert> gathered = new ArrayList<>();
    private final Map<Topic, Instant> told = new HashMap<>();

    /// When what lasts was told last; it can be of stream tables that are not refreshed.
    private final Map<Topic, Instant> reminded = new HashMap<>();

    /// Of what rests, the last refresh that it has been told about.
    private final Map<Long, Instant> resting = new HashMap<>();

    private Map<Long, Schedulable> tables = Map.of();
    private Instant lastTaken = Instant.MIN;

    /// Takes the stream tables that there are.
    void load(Collection<Schedulable> present) {
        Map<Long, Schedulable> byId = new HashMap<>();
        present.forEach(it -> byId.put(it.id(), it));
        tables = byId;
        told.keySet().removeIf(it -> !byId.containsKey(it.id()));
        resting.keySet().retainAll(byId.keySet());
    }

    /// A refresh of one stream table had data.
    void completed(long id, RefreshOutcome outcome) {
        tell(
                id,
                "refresh_completed",
                it ->
                        it.put("action", outcome.action().name())
                                .put("rows_inserted", outcome.rowsInserted())
                                .put("rows_updated", outcome.rowsUpdated())
                                .put("rows_deleted", outcome.rowsDeleted())
                                .put("duration_ms", outcome.duration().toMillis()));
    }

    /// A refresh of one stream table failed, alone or with others.
    void failed(long id, Result.Failed failure) {
        Schedulable table = tables.get(id);
        Action action = table != null && table.full() ? Action.FULL : Action.DIFFERENTIAL;
        tell(
                id,
                "refresh_failed",
                it ->
                        it.put("action", action.name())
                                .put("error", failure.message())
                                .put("sqlstate", failure.sqlState()));
    }

    /// A refresh took nearly as long as its period, or longer.
    void strained(long id, Strain strain, Instant now) {
        if (isNews(id, "scheduler_falling_behind", now)) {
            tell(
                    id,
                    "scheduler_falling_behind",
                    it ->
                            it.put("elapsed_ms", strain.took().toMillis())
                                    .put("schedule_ms", strain.period().toMillis())
                                    .put("ratio", rounded(strain.ratio()))
                                    .put("backoff_factor", strain.factor()));
        }
    }

    /// Looks at what is not refreshed because it is frozen.
    void frozen(Schedulable table, Instant now) {
        if (isNews(table.id(), "frozen_tier_skip", now)) {
            Duration since =
                    table.lastRefresh().map(it -> Duration.between(it, now)).orElse(Duration.ZERO);
            tell(
                    table.id(),
                    "frozen_tier_skip",
                    it -> it.put("frozen_seconds", Math.max(0, since.toSeconds())));
        }
    }

    /// Takes all that lasts.
    void lasting(Collection<Lasting> found, Instant now) {
        reminded.values().removeIf(it -> !now.isBefore(it.plus(AGAIN)));
        for (Lasting lasting : found) {
            Topic topic = new Topic(lasting.id(), lasting.alert().event());
            if (gathered.size() < MOST && reminded.putIfAbsent(topic, now) == null) {
                gathered.add(lasting.alert());
            }
        }
    }

    /// Looks at how fresh stream tables are.
    void look(Collection<Standing> standings, Instant now) {
        for (Standing standing : standings) {
            if (isLate(standing, now)) {
                standing.members().forEach(id -> stale(id, standing, now));
            } else if (rests(standing, now)) {
                standing.members().forEach(id -> idle(id, standing, now));
            }
        }
    }

    private static boolean isLate(Standing standing, Instant now) {
        Duration longest = standing.period().orElse(PATIENCE);
        return standing.behindSince().isBefore(now)
                && Duration.between(standing.behindSince(), now).compareTo(longest) > 0;
    }

    private static boolean rests(Standing standing, Instant now) {
        return standing.follows()
                && standing.behindSince().equals(Instant.MAX)
                && !standing.lastData().equals(Instant.MIN)
                && standing.period()
                        .filter(it -> now.isAfter(standing.lastData().plus(it).plus(it)))
                        .isPresent();
    }

    /// The changes that it waits to apply can have come up to a period before it began to wait.
    private void stale(long id, Standing standing, Instant now) {
        if (!isNews(id, "stale_data", now)) {
            return;
        }
        Duration waiting = Duration.between(standing.behindSince(), now);
        Duration staleness = waiting.plus(standing.period().orElse(Duration.ZERO));
        tell(
                id,
                "stale_data",
                it -> {
                    it.put("staleness_seconds", seconds(staleness));
                    standing.period()
                            .ifPresent(period ->
                                    it.put("schedule_seconds", seconds(period))
                                            .put(
                                                    "ratio",
                                                    rounded(seconds(staleness) / seconds(period))));
                });
    }

    private void idle(long id, Standing standing, Instant now) {
        if (!standing.lastData().equals(resting.get(id))
                && isNews(id, "no_upstream_changes", now)) {
            resting.put(id, standing.lastData());
            Duration idle = Duration.between(standing.lastData(), now);
            tell(id, "no_upstream_changes", it -> it.put("idle_seconds", seconds(idle)));
        }
    }

    private boolean isNews(long id, String event, Instant now) {
        Topic topic = new Topic(id, event);
        Instant last = told.get(topic);
        if (last != null && now.isBefore(last.plus(AGAIN))) {
            return false;
        }
        told.put(topic, now);
        return true;
    }

    private void tell(long id, String event, Consumer<ObjectNode> fields) {
        Schedulable table = tables.get(id);
        if (table == null || !table.alerts() || gathered.size() >= MOST) {
            return;
        }
        ObjectNode details = JsonNodeFactory.instance.objectNode();
        fields.accept(details);
        gathered.add(new Alert(event, table.table(), details));
    }

    private static double seconds(Duration duration) {
        return rounded(duration.toMillis() / 1000.0);
    }

    private static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }

    /// When to send what has been gathered; MAX when that is nothing.
    Instant next() {
        if (gathered.isEmpty()) {
            return Instant.MAX;
        }
        return lastTaken.equals(Instant.MIN) ? Instant.MIN : lastTaken.plus(APART);
    }

    /// Takes what is to be sent now.
    List<Alert> take(Instant now) {
        if (now.isBefore(next())) {
            return List.of();
        }
        List<Alert> taken = List.copyOf(gathered);
        gathered.clear();
        lastTaken = now;
        return taken;
    }
}
