package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.NetChanges;
import io.pgtrickle.compiler.plan.Monotonicity;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.RefreshState.Part;
import io.pgtrickle.runtime.refresh.RefreshTransaction.Applied;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/*
 * The queries of the members are equations for their rows. All are monotone in the members, so there is a least solution,
 * and going on from the empty one finds it, in whatever order the equations are applied, as long as each is applied until
 * it holds (chaotic iteration). A pass applies the pending changes of each member; what it changes is pending for its
 * readers, so that later passes do the work of the change and not of the whole (semi-naive evaluation; Bancilhon and
 * Ramakrishnan, SIGMOD 1986). When nothing is pending any more, every equation holds.
 *
 * Where sources only gain rows, and the queries are monotone in these sources as well, the stored rows are below the new
 * solution, so the passes can start from them. Where a row can lose a derivation they cannot: rows that only hold each
 * other would stay. Then all members are emptied first, in the same transaction, and what was written to their buffers is
 * replaced by its net, so that whoever reads a member from outside has no more to do than rows have changed.
 */

/// One refresh of a cycle of stream tables, in a transaction that has one snapshot or locks the
/// sources: to the least fixpoint of their queries.
///
/// One thread; used once.
final class Fixpoint {
    private final Session session;
    private final Course course;
    private final long startedAt = System.nanoTime();
    private final List<Member> members = new ArrayList<>();
    private final FixpointTrace trace;
    private Optional<String> whyAnew = Optional.empty();
    private int limit;

    /// The last change that others have made: what comes after is this refresh's own.
    private long since;

    /// A stream table of the cycle.
    private static final class Member {
        private final Compiled compiled;
        private final RefreshTransaction work;
        private final RefreshState first;
        private Action action = Action.NO_DATA;
        private long inserted;
        private long updated;
        private long deleted;

        Member(Compiled compiled, RefreshTransaction work, RefreshState first) {
            this.compiled = compiled;
            this.work = work;
            this.first = first;
        }

        long id() {
            return compiled.row().id();
        }

        long relation() {
            return compiled.row().relation();
        }

        boolean reads(Member other) {
            return compiled.definition().consumed().stream()
                    .anyMatch(it -> it.relid() == other.relation());
        }

        Plan plan() {
            return compiled.definition().query().plan().orElseThrow();
        }

        void count(Applied applied) {
            inserted += applied.inserted();
            updated += applied.updated();
            deleted += applied.deleted();
        }
    }

    /// @param course knows the members as compiled
    Fixpoint(Session session, Course course, List<Long> ids) {
        this.session = session;
        this.course = course;
        this.trace =
                new FixpointTrace(
                        ids.stream()
                                .map(id -> {
                                    course.at(id);
                                    return course.compiled().row().table();
                                })
                                .toList());
    }

    /// Runs the refresh; the caller commits.
    ///
    /// @param ids the members
    /// @param recompute whether nothing of what is stored is to be trusted
    /// @return what became of each; empty, and nothing done, when the sources of the one that the
    ///   course is at are not those that it was compiled for, or somebody else refreshes it
    Result run(List<Long> ids, boolean recompute) throws SQLException {
        begin(ids);
        List<SourceLocks> locks = new ArrayList<>();
        for (long id : ids) {
            course.at(id);
            Compiled compiled = course.compiled();
            locks.add(SourceLocks.take(session, compiled.row().owner(), compiled.definition()));
        }
        for (long id : ids) {
            course.at(id);
            Compiled compiled = course.compiled();
            RefreshTransaction work = new RefreshTransaction(session, course, Part.REPEATED);
            Optional<RefreshState> state = work.look();
            if (state.isEmpty()) {
                return new Result.Busy();
            }
            if (!work.mayGoOn(state.get())) {
                return new Result.Outdated();
            }
            Trees.lock(session, compiled.row().owner(), compiled.definition());
            members.add(new Member(compiled, work, state.get()));
        }
        if (recompute || members.stream().anyMatch(it -> !it.first.isQuiet())) {
            RefreshLimits limits = RefreshLimits.read(session, members.getFirst().first.limits());
            whyAnew = whyAnew(recompute, limits);
            apply(limits);
            for (SourceLocks it : locks) {
                it.requireQuiet();
            }
        }
        return new Result.Done(finish());
    }

    /// How it ended.
    sealed interface Result {
        /// It is done.
        ///
        /// @param outcomes by id
        record Done(Map<Long, RefreshOutcome> outcomes) implements Result {}

        /// Somebody else refreshes a member.
        record Busy() implements Result {}

        /// The sources of a member are not those that it was compiled for.
        record Outdated() implements Result {}
    }

    /// A scheduled refresh with a member that is suspended is held back; any other one fails.
    private void begin(List<Long> ids) throws SQLException {
        boolean caller = session.ownership() == Session.Ownership.CALLER;
        Optional<String> suspended =
                session.first(
                                "SELECT pgtrickle."
                                        + (caller ? "setting" : "setting_or_default")
                                        + "('max_fixpoint_iterations')::int, nextval('pgtrickle_changes.change_ids'),"
                                        + " (SELECT format('%I.%I', s.pgt_schema, s.pgt_name) FROM pgtrickle.pgt_stream_tables s"
                                        + " WHERE s.pgt_id = ANY (?) AND s.pgt_id <> ALL (?) AND s.status = 'SUSPENDED'"
                                        + " ORDER BY s.pgt_id LIMIT 1)",
                                row -> {
                                    limit = Math.toIntExact(row.getLong(1));
                                    since = row.getLong(2);
                                    return row.optionalString(3);
                                },
                                new Session.ArrayOf("int8", ids),
                                new Session.ArrayOf("int8", course.asked()))
                        .flatMap(it -> it);
        course.at(course.asked().getFirst());
        if (suspended.isPresent() && !course.initiator().equals(Failures.SCHEDULER)) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: stream table " + suspended.get() + " is SUSPENDED",
                    "It is in the same cycle, and a cycle is refreshed as a whole or not at all.",
                    "SELECT pgtrickle.resume_stream_table('" + suspended.get() + "') first.");
        }
    }

    /// Why the stored rows cannot be gone on from; empty when they can.
    private Optional<String> whyAnew(boolean recompute, RefreshLimits limits) throws SQLException {
        if (recompute) {
            return Optional.of("that was asked for");
        }
        Optional<String> unknown =
                members.stream().flatMap(it -> whyUnknown(it, limits).stream()).findFirst();
        if (unknown.isPresent()) {
            return unknown;
        }
        Set<Long> relations = members.stream().map(Member::relation).collect(Collectors.toSet());
        for (Member it : members) {
            if (!it.first.losing().isEmpty()) {
                course.at(it.id());
                session.execute(RefreshTransaction.begin(it.relation()));
                if (it.work.loses(it.first, relations)) {
                    return Optional.of("rows of a cycle have lost derivations");
                }
            }
        }
        return Optional.empty();
    }

    private static Optional<String> whyUnknown(Member member, RefreshLimits limits) {
        if (member.first.isLost()) {
            return Optional.of(
                    member.first.truncated()
                            ? "a source was truncated"
                            : "what is stored had to be made anew");
        }
        return limits.whyFull(member.first)
                .or(() ->
                        Monotonicity.obstacle(member.plan(), member.first.changing())
                                .map(it -> "sources of a cycle have changed below: " + it));
    }

    private void apply(RefreshLimits limits) throws SQLException {
        boolean anew = whyAnew.isPresent();
        Set<Member> waiting = new HashSet<>();
        if (anew) {
            deriveAnew();
            waiting.addAll(members);
        } else {
            members.stream().filter(it -> !it.first.isQuiet()).forEach(waiting::add);
        }
        while (!waiting.isEmpty()) {
            pass(waiting, limits);
        }
        if (anew) {
            for (Member it : members) {
                net(it);
            }
        }
    }

    /// Empties all members and computes each once from what there is then.
    private void deriveAnew() throws SQLException {
        for (Member it : members) {
            at(it, it.first.reinitialize() ? Action.REINITIALIZE : Action.FULL);
            session.execute(RefreshTransaction.begin(it.relation()));
            it.work.clear(it.first);
        }
        trace.begin();
        for (Member it : members) {
            at(it, it.action);
            RefreshState state = look(it);
            Applied applied = it.work.full(state);
            it.work.advance(it.action, applied, state, whyAnew);
            trace.changed(members.indexOf(it), applied.rows());
        }
    }

    /// Applies what is pending for each member that waits; who reads what has changed waits then.
    private void pass(Set<Member> waiting, RefreshLimits limits) throws SQLException {
        boolean counted = false;
        for (Member it : members) {
            if (!waiting.remove(it)) {
                continue;
            }
            RefreshState state = look(it);
            if (state.isQuiet()) {
                continue;
            }
            if (!counted) {
                requireConvergence();
                trace.begin();
                counted = true;
            }
            at(it, it.action == Action.NO_DATA ? Action.DIFFERENTIAL : it.action);
            Applied applied = it.work.applied(state, limits);
            it.work.advance(it.action, applied, state, whyAnew);
            it.count(applied);
            trace.changed(members.indexOf(it), applied.rows());
            if (applied.rows() > 0) {
                members.stream().filter(reader -> reader.reads(it)).forEach(waiting::add);
            }
        }
    }

    private void at(Member member, Action action) {
        course.at(member.id());
        course.failures().tried(action);
        member.action = action;
    }

    private RefreshState look(Member member) throws SQLException {
        course.at(member.id());
        return member.work
                .look()
                .orElseThrow(() -> new SQLException("a locked stream table is busy", "XX000"));
    }

    private void requireConvergence() {
        if (trace.passes() >= limit) {
            throw new Diverged(
                    members.stream().map(Member::id).toList(), trace.notConverged(limit));
        }
    }

    /// Leaves in a member's buffer what is another than before.
    private void net(Member member) throws SQLException {
        if (member.first.output().isEmpty()) {
            return;
        }
        String sql = new NetChanges(CaptureSql.ofStreamTable(member.id())).replace(since);
        session.one(
                sql,
                row -> {
                    member.inserted = row.getLong(1);
                    member.updated = 0;
                    member.deleted = row.getLong(2);
                    return true;
                });
    }

    private Map<Long, RefreshOutcome> finish() throws SQLException {
        Map<Long, RefreshOutcome> outcomes = new LinkedHashMap<>();
        boolean rested = members.stream().allMatch(it -> it.action == Action.NO_DATA);
        for (Member it : members) {
            course.at(it.id());
            if (it.action != Action.NO_DATA) {
                it.work.requireSame();
                record(it);
            }
            outcomes.put(it.id(), outcome(it));
        }
        session.update(
                """
                UPDATE pgtrickle.pgt_stream_tables SET last_refresh_at = clock_timestamp(), consecutive_errors = 0,
                    status = 'ACTIVE', last_fixpoint_iterations = CASE WHEN ? THEN last_fixpoint_iterations ELSE ? END
                WHERE pgt_id = ANY (?) AND \
                """
                        + RefreshTransaction.ENDED,
                rested,
                trace.passes(),
                new Session.ArrayOf("int8", members.stream().map(Member::id).toList()));
        return outcomes;
    }

    private void record(Member member) throws SQLException {
        session.update(
                """
                INSERT INTO pgtrickle.pgt_refresh_history
                    (pgt_id, data_timestamp, start_time, end_time, action, rows_inserted, rows_updated, rows_deleted,
                     delta_row_count, was_full_fallback, status, initiated_by, fixpoint_iteration)
                SELECT ?, now(), now(), clock_timestamp(), ?, ?, ?, ?, ?, ?, 'COMPLETED', ?, ? WHERE true\
                """
                        + RefreshTransaction.told(
                                member.compiled.row(), course.initiator(), member.first.output()),
                member.id(),
                member.action.name(),
                member.inserted,
                member.updated,
                member.deleted,
                member.first.pendingRows(),
                member.action != Action.DIFFERENTIAL && member.first.populated(),
                course.initiator(),
                trace.passes());
    }

    private RefreshOutcome outcome(Member member) {
        return new RefreshOutcome(
                member.action,
                member.inserted,
                member.updated,
                member.deleted,
                member.first.pendingRows(),
                Duration.ofNanos(System.nanoTime() - startedAt),
                member.work.held());
    }

    /// Undoes a refresh that has not come to rest.
    static final class Diverged extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient List<Long> members;
        private final transient PgTrickleException error;

        private Diverged(List<Long> members, PgTrickleException error) {
            super(error.getMessage(), error, false, false);
            this.members = members;
            this.error = error;
        }

        List<Long> members() {
            return members;
        }

        /// What to tell the user.
        PgTrickleException error() {
            return error;
        }
    }
}
