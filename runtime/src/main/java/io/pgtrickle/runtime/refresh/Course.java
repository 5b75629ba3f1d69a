package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.session.Session;
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
    private final List<Long> ids;
    private final String initiator;
    private final Map<Long, Failures> failures = new HashMap<>();
    private final Map<Long, Compiled> compiled = new HashMap<>();
    private long current;

    /// @param ids not empty
    Course(Session session, List<Long> ids, String initiator) {
        this.session = session;
        this.ids = List.copyOf(ids);
        this.initiator = initiator;
        ids.forEach(id -> failures.put(id, new Failures(session, id, initiator)));
        this.current = ids.getFirst();
    }

    Session session() {
        return session;
    }

    List<Long> ids() {
        return ids;
    }

    String initiator() {
        return initiator;
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
        return Optional.ofNullable(failures.get(current)).orElseThrow();
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

    /// Forgets what is compiled, for another attempt.
    void forget() {
        compiled.clear();
    }
}
