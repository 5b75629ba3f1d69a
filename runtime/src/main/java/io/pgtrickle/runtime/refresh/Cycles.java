package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.plan.Monotonicity;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// Cycles of stream tables: those that read each other, directly or not.
///
/// One comes into being when a stream table gets another query, or a view that it reads does.
public final class Cycles {
    private final Session session;
    private final StreamTableRow row;
    private final Definition definition;
    private final String mode;

    /// Which stream tables each one reads.
    private final Map<Long, Set<Long>> reads = new TreeMap<>();

    private final Map<Long, String> names = new HashMap<>();

    private Cycles(Session session, StreamTableRow row, Definition definition, String mode) {
        this.session = session;
        this.row = row;
        this.definition = definition;
        this.mode = mode;
    }

    /// The ids of the members of a cycle.
    static List<Long> members(Session session, long cycle) throws SQLException {
        return session.query(
                "SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE scc_id = ? ORDER BY pgt_id",
                it -> it.getLong(1),
                cycle);
    }

    /// Checks that a stream table may have a definition: that this closes no cycle, or one that is
    /// permitted and can be maintained.
    ///
    /// @param mode the mode that it gets
    /// @return whether the cycles must be marked anew, once the dependencies are recorded
    public static boolean check(
            Session session, StreamTableRow row, Definition definition, String mode)
            throws SQLException {
        List<Long> sources =
                definition.analysis().relations().stream()
                        .flatMap(it -> it.streamTableId().stream())
                        .distinct()
                        .sorted()
                        .toList();
        boolean closes =
                !sources.isEmpty() && new Cycles(session, row, definition, mode).closes(sources);
        return closes || row.cycle().isPresent();
    }

    /// Writes down which stream tables are in which cycle.
    public static void mark(Session session) throws SQLException {
        session.one("SELECT pgtrickle._mark_cycles()::text", it -> true);
    }

    /// Makes the members of a cycle active that are in ERROR: what has kept one of them from coming
    /// to rest has kept all.
    public static void resume(Session session, long cycle) throws SQLException {
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET status = 'ACTIVE', consecutive_errors = 0, updated_at = now()"
                        + " WHERE scc_id = ? AND status = 'ERROR'",
                cycle);
    }

    private boolean closes(List<Long> sources) throws SQLException {
        session.query(
                "SELECT s.pgt_id, format('%I.%I', s.pgt_schema, s.pgt_name), ARRAY(SELECT e.source_id"
                        + " FROM pgtrickle.graph_edges e WHERE e.pgt_id = s.pgt_id AND e.source_id IS NOT NULL)"
                        + " FROM pgtrickle.pgt_stream_tables s",
                it -> {
                    names.put(it.getLong(1), it.getString(2));
                    return reads.put(it.getLong(1), new TreeSet<>(it.longs(3)));
                });
        reads.put(row.id(), new TreeSet<>(sources));
        List<Long> path = path();
        if (path.isEmpty()) {
            return false;
        }
        String cycle = path.stream().map(this::name).collect(Collectors.joining(" -> "));
        requirePermitted(cycle);
        requireMonotone(cycle);
        return true;
    }

    private String name(long id) {
        return id == row.id() ? row.table() : names.getOrDefault(id, Long.toString(id));
    }

    /// A shortest way from the stream table through what it reads back to itself; empty when there
    /// is none.
    private List<Long> path() {
        Map<Long, Long> reader = new HashMap<>();
        Deque<Long> open = new ArrayDeque<>(List.of(row.id()));
        while (!open.isEmpty()) {
            long id = open.remove();
            for (long source : reads.getOrDefault(id, Set.of())) {
                if (source == row.id()) {
                    return way(reader, id);
                }
                if (reader.putIfAbsent(source, id) == null) {
                    open.add(source);
                }
            }
        }
        return List.of();
    }

    private List<Long> way(Map<Long, Long> reader, long last) {
        List<Long> way = new ArrayList<>(List.of(row.id()));
        for (long id = last; id != row.id(); id = reader.getOrDefault(id, row.id())) {
            way.addFirst(id);
        }
        way.addFirst(row.id());
        return way;
    }

    /// The stream table and all that are on some way back to it.
    private Set<Long> members() {
        Set<Long> members = new TreeSet<>(List.of(row.id()));
        Set<Long> above = reached(reads.getOrDefault(row.id(), Set.of()));
        for (long id : reads.keySet()) {
            if (above.contains(id)
                    && reached(reads.getOrDefault(id, Set.of())).contains(row.id())) {
                members.add(id);
            }
        }
        return members;
    }

    private Set<Long> reached(Collection<Long> from) {
        Set<Long> reached = new HashSet<>();
        Deque<Long> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
            long id = open.remove();
            if (reached.add(id)) {
                open.addAll(reads.getOrDefault(id, Set.of()));
            }
        }
        return reached;
    }

    private void requirePermitted(String cycle) throws SQLException {
        String read =
                session.ownership() == Session.Ownership.CALLER ? "setting" : "setting_or_default";
        boolean permitted =
                session.one(
                        "SELECT pgtrickle." + read + "('allow_circular') = 'true'",
                        it -> it.getBoolean(1));
        if (!permitted) {
            throw PgTrickleException.of("3F000", "cycle detected in dependency graph: " + cycle)
                    .detail(
                            "Each reads the next one. Stream tables that read each other are refreshed together, until"
                                    + " nothing changes any more; that must be permitted.")
                    .hint(
                            "Change the query so that it does not read, directly or through others, its own stream"
                                    + " table; or SET pg_trickle.allow_circular = on, for the database as well.")
                    .build();
        }
    }

    private void requireMonotone(String cycle) throws SQLException {
        Set<Long> members = members();
        Map<Long, Definition> definitions = new TreeMap<>();
        Set<Long> relations = new HashSet<>();
        for (long id : members) {
            StreamTableRow member =
                    id == row.id() ? row : StreamTableRow.byId(session, id).orElseThrow();
            Definition made =
                    id == row.id()
                            ? definition
                            : Definition.ofStored(
                                    session.as(member.owner()),
                                    member.query(),
                                    member.isFullWanted());
            String itsMode = id == row.id() ? mode : member.mode();
            if (made.full() || itsMode.equals(Immediate.MODE)) {
                throw refusal(id, cycle, itsMode);
            }
            definitions.put(id, made);
            relations.add(member.relation());
        }
        for (Map.Entry<Long, Definition> member : definitions.entrySet()) {
            Plan plan = member.getValue().query().plan().orElseThrow();
            Optional<String> obstacle = Monotonicity.obstacle(plan, relations);
            if (obstacle.isPresent()) {
                throw PgTrickleException.of(
                                "0A000",
                                "unsupported operator in a cycle of stream tables: "
                                        + obstacle.get()
                                        + " in "
                                        + name(member.getKey()))
                        .detail(
                                "The cycle is "
                                        + cycle
                                        + ". More rows of one member must never take rows of another away; else there may be"
                                        + " no result at all, or several.")
                        .hint(
                                "Filters, joins, UNION, DISTINCT, EXISTS and IN may read members of the cycle; other"
                                        + " operators only what is not in it.")
                        .build();
            }
        }
    }

    /// @param mode of the member that is not DIFFERENTIAL
    private PgTrickleException refusal(long id, String cycle, String mode) {
        return PgTrickleException.invalidArgument(
                "invalid argument: " + name(id) + " is in a cycle and has mode " + mode,
                "The cycle is " + cycle + ". All its members must be DIFFERENTIAL.",
                "Give it mode DIFFERENTIAL; the error that this may raise says what its query keeps from that.");
    }
}
