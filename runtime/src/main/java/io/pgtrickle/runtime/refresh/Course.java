package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.session.Session;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The way of one refresh through the stream tables that it refreshes together: at which of them it
/// is, so that a failure is that one's.
///
/// One thread.
final class Course {
    private final Session session;
    private final List<Long> asked;
    private final String initiator;
    private final Map<Long, Failures> failures = new HashMap<>();
    private final Map<Long, Compiled> compiled = new HashMap<>();
    private List<Long> ids;
    private long current;

    /// @param ids what is asked for, not empty
    Course(Session session, List<Long> ids, String initiator) {
        this.session = session;
        this.asked = List.copyOf(ids);
        this.ids = asked;
        this.initiator = initiator;
        this.current = ids.getFirst();
    }

    Session session() {
        return session;
    }

    /// What was asked for.
    List<Long> asked() {
        return asked;
    }

    /// All that are refreshed: what was asked for, and what must be refreshed with it.
    List<Long> ids() {
        return ids;
    }

    /// Refreshes these.
    void cover(List<Long> all) {
        ids = List.copyOf(all);
    }

    String initiator() {
        return initiator;
    }

    /// What is refreshed one after the other: stream tables, and each cycle in the place of the
    /// last one of it that was asked for. All of them are compiled.
    List<List<Long>> units() {
        Map<Long, List<Long>> cycles = new HashMap<>();
        List<List<Long>> units = new ArrayList<>();
        for (long id : ids) {
            Optional<Long> cycle =
                    Optional.ofNullable(compiled.get(id)).orElseThrow().row().cycle();
            if (cycle.isEmpty()) {
                units.add(List.of(id));
                continue;
            }
            List<Long> members = cycles.computeIfAbsent(cycle.get(), _ -> new ArrayList<>());
            if (asked.contains(id)) {
                units.remove(members);
                units.add(members);
            }
            members.add(id);
        }
        return units;
    }

    /// Goes on to a stream table.
    void at(long id) {
        current = id;
    }

    long current() {
        return current;
    }

    /// Where a failure of the current one is written down.
    Failures failures() {
        return failuresOf(current);
    }

    Failures failuresOf(long id) {
        return failures.computeIfAbsent(id, it -> new Failures(session, it, initiator));
    }

    /// Takes the current one as compiled.
    void compiled(Compiled made) {
        compiled.put(current, made);
    }

    boolean isCompiled() {
        return compiled.containsKey(current);
    }

    /// The current one as compiled.
    Compiled compiled() {
        return Optional.ofNullable(compiled.get(current)).orElseThrow();
    }

    /// All that are compiled.
    List<Compiled> all() {
        return List.copyOf(compiled.values());
    }

    /// What the transaction begins with. The settings of the queries are in it when they are the
    /// same for all.
    List<String> settings() {
        List<String> settings = new ArrayList<>(RefreshTransaction.SETTINGS);
        if (!isMixed()) {
            settings.addAll(querySettings());
        }
        return settings;
    }

    /// Whether the queries need different settings, each its own.
    boolean isMixed() {
        return compiled.values().stream().map(it -> it.row().settings()).distinct().count() > 1;
    }

    /// The statements by which the query of the current one means what it should.
    List<String> querySettings() {
        return compiled().row().settings().stream().map(it -> "SET LOCAL " + it).toList();
    }

    /// Forgets what is compiled, for another attempt.
    void forget() {
        compiled.clear();
        ids = asked;
        current = ids.getFirst();
    }
}
