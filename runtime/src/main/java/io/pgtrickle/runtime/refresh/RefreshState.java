package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.ChangeWindow;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.PendingChanges.Bound;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.OwnChanges;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/// What the first statement of a refresh says of its stream table, whose row it locks.
///
/// @param foreign whether the frontier is of another server: a dump was restored
/// @param own what the transaction itself has changed
/// @param output where readers of the stream table find its changes
/// @param pending what is to be applied, by source
/// @param changing the OIDs of the sources with pending changes
/// @param losing the OIDs of the sources of which rows are to be removed
/// @param largestSource pending rows of the source that has most
/// @param recorded whether what the sources are made of is written down
/// @param stamp what is seen of the sources
/// @param limits the settings of [RefreshLimits], as they are written
/// @param joins how many joins the stream table may have for changes to be applied
/// @param deltaRows how many pending rows its share of changes allows, by what is stored
/// @param costs what refreshes have cost
record RefreshState(
        boolean populated,
        boolean reinitialize,
        boolean foreign,
        String systemIdentifier,
        OwnChanges own,
        Optional<OutputBuffer> output,
        List<PendingChanges> pending,
        Set<Long> changing,
        Set<Long> losing,
        long pendingRows,
        long largestSource,
        boolean truncated,
        boolean recorded,
        String stamp,
        String limits,
        Optional<Long> joins,
        Optional<Long> deltaRows,
        Costs costs,
        Holdback holdback) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// What a change joins with is found through indexes and was mostly read before. With
    /// PostgreSQL's default, for disks that turn, reading a whole table looks cheaper than a few
    /// thousand rows of it: measured on TPC-H, up to seven times the time.
    private static final String RANDOM_PAGE_COST = "1.5";

    /// Part of the first statement, since a statement of its own would cost a tenth of a refresh.
    private static final String PLAN_FOR_FEW_ROWS =
            "set_config('random_page_cost', least(current_setting('random_page_cost')::float8, "
                    + RANDOM_PAGE_COST
                    + ")::text, true)";

    /// The first column about what holds a refresh back, and that about the first source.
    private static final int HOLDBACK = 21;

    private static final int FIRST_SOURCE = HOLDBACK + Holdback.COLUMNS;

    /// What part of a transaction a refresh is.
    enum Part {
        /// All of it.
        ALONE,
        /// One of several: some of the changes can be the transaction's own, which no snapshot
        /// shows as committed.
        TOGETHER,
        /// The same, and one of several of the same stream table.
        REPEATED
    }

    boolean isQuiet() {
        return populated && !reinitialize && !isPending();
    }

    /// Whether anything is to be applied.
    boolean isPending() {
        return !pending.stream().allMatch(PendingChanges::isQuiet);
    }

    /// Whether the stored rows, or the changes of the sources, are not known.
    boolean isLost() {
        return !populated || reinitialize || foreign || truncated;
    }

    /// Locks the row and reads the state. Somebody else's refresh is waited for by a caller only:
    /// what it has written is not in the one that runs.
    ///
    /// @return empty when the row is locked, or gone
    static Optional<RefreshState> lock(Session session, Compiled compiled, Part part)
            throws SQLException {
        List<Relation> sources = compiled.definition().consumed();
        StreamTableRow row = compiled.row();
        StringBuilder sql =
                new StringBuilder(
                        """
                        SELECT s.is_populated, s.needs_reinit, s.frontier ->> 'snapshot', s.frontier ->> 'system_identifier',
                               (SELECT system_identifier FROM pg_control_system())::text,
                               s.captured_columns, \
                        """
                                + StreamTableRow.DEFINITION
                                + """
                                , s.frontier ->> 'own_xid', s.frontier ->> 'own_changes',
                                       coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c
                                                 JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = s.pgt_relid),
                                                format('%I.%I', s.pgt_schema, s.pgt_name)), \
                                """);
        sql.append(StreamTableRow.OWNER)
                .append(", ")
                .append(Registration.hidden(row.owner(), sources));
        sql.append(", set_config('pg_trickle.refreshing', pgtrickle._token(s.pgt_relid), true), ");
        sql.append(part == Part.ALONE ? "NULL, " : "pg_current_xact_id()::text, ");
        sql.append(SourceWatch.recorded(row)).append(", ").append(SourceStamp.PRESENT);
        sql.append(", ").append(RefreshLimits.WRITTEN);
        sql.append(
                        """
                        , s.max_differential_joins,
                        (s.max_delta_fraction * (SELECT nullif(c.reltuples, -1) FROM pg_class c WHERE c.oid = s.pgt_relid))::bigint,
                        s.refresh_costs::text, \
                        """)
                .append(Holdback.STATE);
        for (Relation source : sources) {
            CaptureSql capture = CaptureSql.of(source);
            sql.append(
                            ", (SELECT jsonb_build_array(count(*), coalesce(sum(b.row_count), 0),"
                                    + " coalesce(bool_or(b.truncated), false),"
                                    + " coalesce(bool_or(b.removed IS NOT NULL), false), ")
                    .append(part == Part.ALONE ? "NULL" : OwnChanges.highest(capture))
                    .append(") FROM ")
                    .append(capture.buffer())
                    .append(" AS b WHERE ")
                    .append(new ChangeWindow.Unapplied(Frontier.OF_ROW).condition("b"))
                    .append(" AND ")
                    .append(OwnChanges.notApplied(capture))
                    .append(")::text");
        }
        sql.append(", ").append(PLAN_FOR_FEW_ROWS);
        sql.append(" FROM pgtrickle.pgt_stream_tables s WHERE s.pgt_id = ? FOR UPDATE OF s");
        if (session.ownership() != Session.Ownership.CALLER) {
            sql.append(" SKIP LOCKED");
        }
        return session.first(
                sql.toString(), result -> read(result, session, row, sources, part), row.id());
    }

    private static RefreshState read(
            Row result, Session session, StreamTableRow row, List<Relation> sources, Part part)
            throws SQLException {
        if (!result.getString(7).equals(row.definition())
                || !result.getString(10).equals(row.table())
                || !result.optionalLong(11).equals(row.owner().role())) {
            throw new SQLException(
                    "the definition of " + row.table() + " changed meanwhile", "40001");
        }
        String system = result.getString(5);
        Optional<OwnChanges> applied =
                OwnChanges.stored(result.optionalString(8), result.optionalString(9));
        Optional<String> hidden = result.optionalString(12);
        if (hidden.isPresent()) {
            throw Registration.hiddenSource(hidden.get());
        }
        Optional<String> xid = result.optionalString(14);
        OwnChanges own = new OwnChanges(xid.orElse(""), new TreeMap<>());
        boolean ofOther = !row.owner().equals(Rights.OWN);
        List<PendingChanges> pending = new ArrayList<>();
        Set<Long> changing = new HashSet<>();
        Set<Long> losing = new HashSet<>();
        boolean truncated = false;
        long rows = 0;
        long largest = 0;
        for (int i = 0; i < sources.size(); i++) {
            JsonNode counts = json(result.getString(FIRST_SOURCE + i));
            CaptureSql capture = CaptureSql.of(sources.get(i));
            long batches = counts.get(0).asLong();
            truncated |= counts.get(2).asBoolean();
            rows += counts.get(1).asLong();
            largest = Math.max(largest, counts.get(1).asLong());
            if (batches > 0) {
                changing.add(sources.get(i).relid());
            }
            if (counts.get(3).asBoolean()) {
                losing.add(sources.get(i).relid());
            }
            if (!counts.get(4).isNull()) {
                own.highest().put(capture.suffix(), counts.get(4).asLong());
            }
            if (batches > 0 || !session.keepsSnapshot()) {
                PendingChanges changes =
                        PendingChanges.rounded(
                                sources.get(i).oid(),
                                capture,
                                batches,
                                counts.get(1).asLong(),
                                applied.flatMap(it -> it.of(capture)),
                                session.keepsSnapshot() ? Bound.CERTAIN : Bound.EXPECTED);
                if (part == Part.REPEATED) {
                    changes = changes.after(OwnChanges.ofRow(row.id(), capture));
                }
                pending.add(ofOther ? changes.openly() : changes);
            }
        }
        return new RefreshState(
                result.getBoolean(1),
                result.getBoolean(2),
                result.optionalString(3).isEmpty() || !result.getString(4).equals(system),
                system,
                own,
                result.optionalStrings(6).map(it -> Immediate.outputBuffer(row, it)),
                pending,
                changing,
                losing,
                rows,
                largest,
                truncated,
                result.getBoolean(15),
                result.getString(16),
                result.getString(17),
                result.optionalLong(18),
                result.optionalLong(19),
                Costs.parse(result.optionalString(20)),
                Holdback.read(result, HOLDBACK));
    }

    private static JsonNode json(String text) throws SQLException {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable counts", "XX000", e);
        }
    }
}
