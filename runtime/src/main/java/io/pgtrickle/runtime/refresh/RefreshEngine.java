package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.runtime.capture.Snapshots;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Fixpoint.Diverged;
import io.pgtrickle.runtime.refresh.Holdback.Held;
import io.pgtrickle.runtime.refresh.RefreshState.Part;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Refreshes stream tables, one at a time, and keeps what was compiled for them.
///
/// Thread-safe; each call uses the given session, which must be in autocommit mode and is left so.
public final class RefreshEngine {
    /// The SQLSTATE of a stream table whose stored rows do not match its changes.
    static final String BROKEN = "XX001";

    private static final String INITIAL = "INITIAL";

    private static final Logger LOG = LoggerFactory.getLogger(RefreshEngine.class);
    private static final RefreshOutcome SKIPPED =
            new RefreshOutcome(Action.SKIP, 0, 0, 0, 0, Duration.ZERO);
    private static final int CONCURRENCY_RETRIES = 5;
    private static final int ADAPTATIONS = 5;

    private final Map<Long, Compiled> definitions = new ConcurrentHashMap<>();
    private final AtomicLong hits = new AtomicLong();
    private final AtomicLong misses = new AtomicLong();
    private final AtomicLong compilations = new AtomicLong();

    /// Refreshes one stream table in a transaction of its own, or as a part of the caller's, and
    /// writes history. A stream table that somebody else is refreshing gives SKIP. Errors are
    /// recorded in the catalog, where the caller's transaction does not end with them, and
    /// rethrown.
    ///
    /// @param initiator SCHEDULER, MANUAL or INITIAL
    public RefreshOutcome refresh(Session session, long id, String initiator) throws SQLException {
        return refresh(session, List.of(id), initiator, false).getFirst();
    }

    /// Fills a stream table that was just made from `definition`. What has changed since is noticed
    /// as it is before every refresh, and when somebody else has adapted it already, what it is now
    /// is compiled.
    public void fill(Session session, long id, Definition definition) throws SQLException {
        StreamTableRow row = row(session, id);
        if (definition.fingerprint().equals(row.fingerprint())) {
            keep(Compiled.of(row, definition));
        }
        refresh(session, id, INITIAL);
    }

    /// Recomputes one stream table, whatever its mode, and applies the difference.
    public RefreshOutcome recompute(Session session, long id, String initiator)
            throws SQLException {
        return refresh(session, List.of(id), initiator, true).getFirst();
    }

    /// Refreshes stream tables, none of mode IMMEDIATE, in one transaction at one snapshot: all or,
    /// when one of them fails, none. When somebody else refreshes one of them, all give SKIP.
    ///
    /// @param ids each after those it reads
    /// @return the outcomes in the order of the ids
    public List<RefreshOutcome> refreshTogether(Session session, List<Long> ids, String initiator)
            throws SQLException {
        return refresh(session, ids, initiator, false);
    }

    private List<RefreshOutcome> refresh(
            Session session, List<Long> ids, String initiator, boolean full) throws SQLException {
        Course course = new Course(session, ids, initiator);
        boolean records = session.ownership() == Session.Ownership.OWN;
        try {
            try {
                return retrying(course, full);
            } catch (PgTrickleException e) {
                if (!e.sqlState().equals(BROKEN)) {
                    throw e;
                }
                course.failures().record(e);
                LOG.warn("{} {}", e.getMessage(), e.detail().orElse(""));
                return retrying(course, full);
            }
        } catch (Diverged e) {
            if (records) {
                Failures.diverged(course, e);
            }
            throw e.error();
        } catch (Unmaintainable e) {
            if (records) {
                course.failures().giveUp(e.error());
            }
            throw e.error();
        } catch (SQLException e) {
            if (records) {
                course.failures().record(Errors.translate(e));
            }
            throw e;
        } catch (PgTrickleException e) {
            if (records) {
                course.failures().record(e);
            }
            throw e;
        }
    }

    private List<RefreshOutcome> retrying(Course course, boolean full)
            throws SQLException, Unmaintainable {
        Session session = course.session();
        int adaptations = 0;
        for (int attempt = 1; ; attempt++) {
            course.forget();
            try {
                compile(course);
                Optional<List<RefreshOutcome>> outcomes =
                        explaining(() -> course.compiled().row(), () -> attempt(course, full));
                if (outcomes.isPresent()) {
                    return outcomes.get();
                }
                StreamTableRow row = course.compiled().row();
                definitions.remove(row.id());
                if (++adaptations > ADAPTATIONS) {
                    throw new SQLException(
                            "the sources of " + row.table() + " keep changing", "55006");
                }
                adapt(session, row.id());
            } catch (SQLException e) {
                definitions.remove(course.current());
                if (Errors.isConcurrency(e)) {
                    boolean later =
                            session.ownership() == Session.Ownership.OWN
                                    || !session.keepsSnapshot();
                    if (!later || attempt > CONCURRENCY_RETRIES) {
                        throw e;
                    }
                } else if (course.isCompiled()
                        && Errors.isDefinitionError(Errors.sqlState(e))
                        && ++adaptations <= ADAPTATIONS
                        && SourceWatch.isOutdated(session, course.compiled().row(), List.of())) {
                    // A statement of the old definition met what has changed before it was
                    // compared.
                    adapt(session, course.current());
                } else {
                    throw e;
                }
            }
        }
    }

    /// Compiles what is refreshed. With a member of a cycle, that are all of it.
    private void compile(Course course) throws SQLException, Unmaintainable {
        Session session = course.session();
        List<Long> todo = new ArrayList<>(course.asked());
        for (int i = 0; i < todo.size(); i++) {
            course.at(todo.get(i));
            course.compiled(cached(session, todo.get(i)));
            compareSources(session, course.compiled().definition(), course.initiator());
            Optional<Long> cycle = course.compiled().row().cycle();
            if (cycle.isPresent()) {
                Cycles.members(session, cycle.get()).stream()
                        .filter(it -> !todo.contains(it))
                        .forEach(todo::add);
            }
        }
        course.cover(todo);
    }

    /// @return empty, and nothing done, when the sources of the stream table that the course is at
    ///   are not those that it was compiled for
    private static Optional<List<RefreshOutcome>> attempt(Course course, boolean full)
            throws SQLException {
        if (course.compiled().row().isImmediate()) {
            return course.session()
                    .inTransaction(
                            Session.Isolation.READ_COMMITTED,
                            course.settings(),
                            it ->
                                    new ImmediateRefresh(
                                                    it,
                                                    course.compiled(),
                                                    course.initiator(),
                                                    course.failures()::tried)
                                            .run())
                    .map(List::of);
        }
        List<String> settings = course.settings();
        settings.addAll(
                Trees.locks(
                        course.all().stream()
                                .filter(it -> it.row().owner().equals(Rights.OWN))
                                .map(Compiled::definition)
                                .toList()));
        try {
            Map<Long, RefreshOutcome> outcomes =
                    course.session()
                            .inTransaction(
                                    Session.Isolation.REPEATABLE_READ,
                                    settings,
                                    it -> together(it, course, full));
            return Optional.of(
                    course.asked().stream()
                            .map(id -> Optional.ofNullable(outcomes.get(id)).orElseThrow())
                            .toList());
        } catch (Outdated _) {
            return Optional.empty();
        } catch (Busy busy) {
            return Optional.of(Collections.nCopies(course.asked().size(), busy.outcome));
        } catch (Held held) {
            held.record(course.session());
            return Optional.of(Collections.nCopies(course.asked().size(), held.outcome()));
        }
    }

    private static Map<Long, RefreshOutcome> together(Session session, Course course, boolean full)
            throws SQLException {
        Map<Long, RefreshOutcome> outcomes = new HashMap<>();
        List<Long> ids = course.ids();
        for (List<Long> unit : course.units()) {
            course.at(unit.getFirst());
            if (course.compiled().row().cycle().isPresent()) {
                switch (new Fixpoint(session, course, unit).run(unit, full)) {
                    case Fixpoint.Result.Done(Map<Long, RefreshOutcome> done) ->
                            outcomes.putAll(done);
                    case Fixpoint.Result.Busy _ -> throw new Busy(SKIPPED);
                    case Fixpoint.Result.Outdated _ -> throw new Outdated();
                }
                continue;
            }
            RefreshOutcome outcome =
                    new RefreshTransaction(
                                    session, course, ids.size() == 1 ? Part.ALONE : Part.TOGETHER)
                            .run(full)
                            .orElseThrow(Outdated::new);
            if (outcome.action() == Action.SKIP) {
                throw new Busy(outcome);
            }
            outcomes.put(unit.getFirst(), outcome);
        }
        return outcomes;
    }

    /// Undoes a transaction in which the sources of a stream table are others than it was compiled
    /// for.
    private static final class Outdated extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /// Undoes a transaction in which a stream table is being refreshed by somebody else.
    private static final class Busy extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient RefreshOutcome outcome;

        Busy(RefreshOutcome outcome) {
            this.outcome = outcome;
        }
    }

    /// Work with the owner's rights.
    @FunctionalInterface
    private interface OwnersWork<T> {
        T run() throws SQLException;
    }

    /// Says whose rights are missing when some are.
    ///
    /// @param row the stream table at work when it fails
    private static <T> T explaining(Supplier<StreamTableRow> row, OwnersWork<T> work)
            throws SQLException {
        try {
            return work.run();
        } catch (SQLException e) {
            if (!Errors.isMissingRight(e)) {
                throw e;
            }
            throw explained(row.get(), Errors.translate(e));
        } catch (PgTrickleException e) {
            throw e.sqlState().equals(Errors.MISSING_RIGHT) ? explained(row.get(), e) : e;
        }
    }

    private static PgTrickleException explained(StreamTableRow row, PgTrickleException original) {
        return PgTrickleException.of(original.sqlState(), String.valueOf(original.getMessage()))
                .detail(
                        row.table()
                                + " is refreshed with the rights of its owner "
                                + row.ownerName()
                                + "."
                                + original.detail().map(it -> " " + it).orElse(""))
                .hint(
                        original.hint()
                                .orElse(
                                        "GRANT that role what its query needs, or drop the stream table."))
                .cause(original)
                .build();
    }

    /// Finds out what has changed in sources without triggers, each in a short transaction of its
    /// own, so that the changes are committed like those that triggers capture. The first filling
    /// follows the making of the snapshot at once.
    private static void compareSources(Session session, Definition definition, String initiator)
            throws SQLException {
        if (initiator.equals(INITIAL)) {
            return;
        }
        for (Relation source : definition.consumed()) {
            if (source.compared()) {
                session.inTransaction(
                        Session.Isolation.READ_COMMITTED,
                        RefreshTransaction.SETTINGS,
                        it -> Snapshots.compare(it, source));
            }
        }
    }

    private Compiled cached(Session session, long id) throws SQLException, Unmaintainable {
        Compiled cached = definitions.get(id);
        if (cached != null) {
            hits.incrementAndGet();
            return cached;
        }
        misses.incrementAndGet();
        return compile(session, id);
    }

    /// What is kept of compiled stream tables.
    ///
    /// @param hits how often one was there
    /// @param misses how often one had to be compiled
    /// @param evictions how many were dropped again
    /// @param size how many there are
    public record CacheStats(long hits, long misses, long evictions, int size) {}

    /// What is kept, and what it was good for since this engine was made.
    public CacheStats cacheStats() {
        int size = definitions.size();
        return new CacheStats(
                hits.get(), misses.get(), Math.max(0, compilations.get() - size), size);
    }

    private Compiled compile(Session session, long id) throws SQLException, Unmaintainable {
        Compiled compiled =
                redefining(
                        session,
                        id,
                        it -> {
                            Compiled current = current(it, id);
                            StreamTableRow row = current.row();
                            if (current.definition().fingerprint().equals(row.fingerprint())) {
                                return current;
                            }
                            Redefinition.apply(it, row, current.definition());
                            return Compiled.of(row(it, id), current.definition());
                        });
        keep(compiled);
        return compiled;
    }

    private void keep(Compiled compiled) {
        compilations.incrementAndGet();
        definitions.put(compiled.row().id(), compiled);
    }

    /// Adapts a stream table to its changed sources.
    private static void adapt(Session session, long id) throws SQLException, Unmaintainable {
        redefining(
                session,
                id,
                it -> {
                    Compiled current = current(it, id);
                    Redefinition.apply(it, current.row(), current.definition());
                    return current;
                });
    }

    /// Compiles in a transaction of its own. A query that does not work is tried once more: what
    /// another session is about to finish must not look like the end of it.
    private static Compiled redefining(Session session, long id, Session.Work<Compiled> work)
            throws SQLException, Unmaintainable {
        try {
            return redefiningOnce(session, id, work);
        } catch (Unmaintainable _) {
            return redefiningOnce(session, id, work);
        }
    }

    private static Compiled redefiningOnce(Session session, long id, Session.Work<Compiled> work)
            throws SQLException, Unmaintainable {
        try {
            return session.inTransaction(Session.Isolation.READ_COMMITTED, work);
        } catch (SQLException e) {
            if (!Errors.isDefinitionError(Errors.sqlState(e))) {
                throw e;
            }
            throw Unmaintainable.because(session, row(session, id), Errors.translate(e));
        } catch (PgTrickleException e) {
            if (!Errors.isDefinitionError(e.sqlState())) {
                throw e;
            }
            throw Unmaintainable.because(session, row(session, id), e);
        }
    }

    private static Compiled current(Session session, long id) throws SQLException {
        StreamTableRow row = row(session, id);
        return explaining(
                () -> row,
                () ->
                        Compiled.of(
                                row,
                                Definition.ofStored(
                                        session.as(row.owner()), row.query(), row.isFullWanted())));
    }

    private static StreamTableRow row(Session session, long id) throws SQLException {
        return StreamTableRow.byId(session, id)
                .orElseThrow(() -> StreamTableLookup.notFound("pgt_id " + id));
    }

    /// Forgets what was compiled for a stream table.
    public void forget(long id) {
        definitions.remove(id);
    }
}
