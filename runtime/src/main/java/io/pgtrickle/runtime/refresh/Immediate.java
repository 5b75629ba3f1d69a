package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.ImmediateSql;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.runtime.capture.Actors;
import io.pgtrickle.runtime.capture.Brackets;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/// What is in the database for stream tables that follow within the writing transaction: the
/// functions that apply changes to each, and on the sources the triggers that call them. All
/// methods run in the caller's transaction.
public final class Immediate {
    /// The mode's name in the catalog.
    public static final String MODE = "IMMEDIATE";

    private Immediate() {}

    /// Keeps everybody from writing what a stream table reads, directly or through other stream
    /// tables of this mode, until the transaction ends, and waits for those who have.
    ///
    /// @param owner whose query it is
    /// @param sources the OIDs of what it reads
    public static void lockWriters(Session session, Rights owner, List<Long> sources)
            throws SQLException {
        SortedMap<Long, Rights> tables = new TreeMap<>();
        collect(session, owner, sources, tables);
        for (Map.Entry<Long, Rights> table : tables.entrySet()) {
            lock(session, table.getValue(), table.getKey());
        }
    }

    private static void collect(
            Session session, Rights owner, List<Long> sources, SortedMap<Long, Rights> tables)
            throws SQLException {
        for (long source : sources) {
            if (tables.put(source, owner) != null) {
                continue;
            }
            Optional<StreamTableRow> row = StreamTableRow.byRelation(session, source);
            if (row.isPresent() && row.get().isImmediate()) {
                collect(session, row.get().owner(), sources(session, row.get().id()), tables);
            }
        }
    }

    private static List<Long> sources(Session session, long id) throws SQLException {
        return session.query(
                "SELECT DISTINCT source_relid::bigint FROM pgtrickle.pgt_dependencies WHERE pgt_id = ?"
                        + " AND buffer_name IS NOT NULL",
                row -> row.getLong(1),
                id);
    }

    private static void lock(Session session, Rights owner, long table) throws SQLException {
        Optional<String> name =
                session.first(
                        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
                                + " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = CAST(? AS bigint)::oid",
                        row -> row.getString(1), table);
        if (name.isEmpty()) {
            return;
        }
        Session locker =
                new Actors(session, owner)
                        .locker(table)
                        .orElseThrow(() ->
                                PgTrickleException.of(
                                                "42501",
                                                "permission denied to lock table " + name.get())
                                        .detail(
                                                "A stream table of mode IMMEDIATE is made while nobody writes its sources.")
                                        .hint(
                                                "GRANT UPDATE, DELETE or TRUNCATE ON "
                                                        + name.get()
                                                        + " to the role that creates it, or use mode DIFFERENTIAL.")
                                        .build());
        locker.execute("LOCK TABLE " + name.get() + " IN SHARE ROW EXCLUSIVE MODE");
    }

    /// Makes the functions of a stream table, or makes them anew, and the triggers on its sources.
    /// Nobody writes these; it follows from its next recomputation on.
    public static void install(Session session, long id, Definition definition)
            throws SQLException {
        lockCatalog(session);
        session.update(
                """
                INSERT INTO pgtrickle.pgt_immediate (pgt_id, level, populated) VALUES (?, 0, false)
                ON CONFLICT (pgt_id) DO UPDATE SET populated = false
                """,
                id);
        // Where what follows does not come to its end, a service recomputes it.
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true WHERE pgt_id = ?", id);
        session.execute("CREATE SEQUENCE IF NOT EXISTS " + turns(id));
        functions(session, row(session, id), definition);
        arrange(session);
    }

    /// Two that make the same functions anew would fail.
    private static void lockCatalog(Session session) throws SQLException {
        session.execute("LOCK TABLE pgtrickle.pgt_immediate IN SHARE UPDATE EXCLUSIVE MODE");
    }

    private static String turns(long id) {
        return "pgtrickle_changes.turn_" + id;
    }

    private static StreamTableRow row(Session session, long id) throws SQLException {
        return StreamTableRow.byId(session, id).orElseThrow();
    }

    private static void functions(Session session, StreamTableRow row, Definition definition)
            throws SQLException {
        boolean others = !row.owner().equals(Rights.OWN);
        ImmediateSql sql =
                new ImmediateSql(
                        definition.query(),
                        row.id(),
                        row.relation(),
                        row.table(),
                        row.table(),
                        output(session, row),
                        others);
        narrow(session, row.id(), sql.isNarrow());
        Session owner = session.as(row.owner());
        dropFunctions(session, row.id());
        String settings =
                SETTINGS
                        + row.settings().stream()
                                .map(it -> " SET " + it)
                                .collect(Collectors.joining());
        owner.executeAll(
                sql.ownerFunctions(
                        "SET search_path = pg_catalog, pg_temp " + settings, installer(session)));
        session.executeAll(sql.flushFunction());
        for (Relation source : definition.consumed()) {
            Capture.applyAtOnce(
                    session,
                    row.owner(),
                    source,
                    sql.direct(definition.analysis().isPlain() ? "" : settings));
        }
    }

    /// Those of [RefreshTransaction#SETTINGS], as clauses of a function, and what else writers may
    /// have set that decides what a query means. What a change joins with is found through indexes,
    /// and one plan serves all.
    private static final String SETTINGS =
            "SET row_security = off SET jit = off SET extra_float_digits = 1"
                    + " SET IntervalStyle = postgres SET bytea_output = hex"
                    + " SET standard_conforming_strings = on SET transform_null_equals = off SET array_nulls = on"
                    + " SET recursive_worktable_factor = 1 SET random_page_cost = 1.5"
                    + " SET plan_cache_mode = force_generic_plan";

    private static void narrow(Session session, long id, boolean narrow) throws SQLException {
        session.update(
                "UPDATE pgtrickle.pgt_immediate SET takes_turns = ? WHERE pgt_id = ?", !narrow, id);
        if (narrow) {
            session.update(
                    "INSERT INTO pgtrickle_changes.slots (pgt_id, slot) SELECT ?, n FROM generate_series(0, "
                            + (ImmediateSql.SLOTS - 1)
                            + ") n ON CONFLICT DO NOTHING",
                    id);
        }
    }

    private static String installer(Session session) throws SQLException {
        return session.one(
                "SELECT quote_ident(pg_get_userbyid(pgtrickle._installer()))",
                row -> row.getString(1));
    }

    private static Optional<OutputBuffer> output(Session session, StreamTableRow row)
            throws SQLException {
        return session.first(
                        "SELECT captured_columns FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ?",
                        it -> it.optionalStrings(1),
                        row.id())
                .flatMap(it -> it)
                .map(columns -> outputBuffer(row, columns));
    }

    /// What those who read a stream table read its changes from.
    static OutputBuffer outputBuffer(StreamTableRow row, List<String> columns) {
        CaptureSql capture = CaptureSql.ofStreamTable(row.id());
        return new OutputBuffer(
                row.owner().equals(Rights.OWN) ? capture.buffer() : capture.openBuffer(),
                capture.rowType(),
                columns);
    }

    /// Makes the functions of the stream tables of this mode among the sources of another write the
    /// columns that it reads. Nobody writes what these read.
    static void follow(Session session, List<Relation> sources) throws SQLException {
        for (Relation source : sources) {
            Optional<StreamTableRow> row = immediate(session, source);
            if (row.isPresent()) {
                functions(
                        session,
                        row.get(),
                        Definition.ofStored(
                                session.as(row.get().owner()), row.get().query(), false));
            }
        }
    }

    /// The stream table of this mode that a source is.
    static Optional<StreamTableRow> immediate(Session session, Relation source)
            throws SQLException {
        return source.streamTableId().isEmpty()
                ? Optional.empty()
                : StreamTableRow.byId(session, source.streamTableId().get())
                        .filter(StreamTableRow::isImmediate);
    }

    /// Lets writers pass by a stream table until it is recomputed.
    public static void suspend(Session session, long id) throws SQLException {
        session.update("UPDATE pgtrickle.pgt_immediate SET populated = false WHERE pgt_id = ?", id);
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET needs_reinit = true WHERE pgt_id = ?", id);
    }

    /// Fails for a query that keeps more of the first rows of an order than the setting allows.
    ///
    /// @param query in PostgreSQL's own writing
    public static void requireFewTopRows(Session session, String query) throws SQLException {
        Optional<TopRows> top = TopRows.of(query);
        int allowed =
                session.one(
                        "SELECT pgtrickle."
                                + (session.ownership() == Session.Ownership.CALLER
                                        ? "setting"
                                        : "setting_or_default")
                                + "('ivm_topk_max_limit')::int",
                        row -> row.getInt(1));
        if (top.isPresent() && top.get().limit() > allowed) {
            throw PgTrickleException.of(
                            "0A000",
                            "unsupported operator for IMMEDIATE mode: LIMIT " + top.get().limit())
                    .detail(
                            "Each writer would look after so many rows; pg_trickle.ivm_topk_max_limit is "
                                    + allowed
                                    + ".")
                    .hint("Use mode DIFFERENTIAL, a smaller LIMIT, or another setting.")
                    .build();
        }
    }

    /// Removes what was made for a stream table. It may not be there, nor its row in the catalog.
    public static void remove(Session session, long id) throws SQLException {
        lockCatalog(session);
        session.update("DELETE FROM pgtrickle.pgt_immediate WHERE pgt_id = ?", id);
        dropFunctions(session, id);
        session.execute("DROP SEQUENCE IF EXISTS " + turns(id));
        arrange(session);
    }

    private static void dropFunctions(Session session, long id) throws SQLException {
        session.query("SELECT pgtrickle._drop_immediate(?)::text", row -> row.getString(1), id);
    }

    /// A source with its direct readers.
    private record Source(String suffix, Optional<Long> streamTable, List<Long> readers) {}

    /// Makes the triggers those that the stream tables need that there are now.
    private static void arrange(Session session) throws SQLException {
        session.execute("UPDATE pgtrickle_changes.arrangement SET number = number + 1");
        List<Source> sources =
                session.query(
                        """
                        SELECT d.buffer_name, max(s.pgt_id), array_agg(DISTINCT d.pgt_id)
                        FROM pgtrickle.pgt_dependencies d JOIN pgtrickle.pgt_immediate i ON i.pgt_id = d.pgt_id
                        LEFT JOIN pgtrickle.pgt_stream_tables s ON s.pgt_relid = d.source_relid
                        WHERE d.buffer_name IS NOT NULL GROUP BY d.buffer_name ORDER BY d.buffer_name
                        """,
                        row -> new Source(row.getString(1), row.optionalLong(2), row.longs(3)));
        Map<Long, Integer> levels = levels(sources);
        for (Map.Entry<Long, Integer> level : levels.entrySet()) {
            session.update(
                    "UPDATE pgtrickle.pgt_immediate SET level = ? WHERE pgt_id = ? AND level <> ?",
                    level.getValue(),
                    level.getKey(),
                    level.getValue());
        }
        session.query("SELECT pgtrickle._make_dispatch()::text", row -> row.getString(1));
        for (Source source : sources) {
            SequencedSet<Long> readers = new LinkedHashSet<>();
            addReaders(sources, source, readers);
            List<Long> ordered = new ArrayList<>(readers);
            ordered.sort(
                    Comparator.comparing((Long id) -> levels.getOrDefault(id, 0))
                            .thenComparing(id -> id));
            require(session, source, ordered);
        }
        for (String unused :
                session.query(
                        """
                        SELECT substring(p.proname FROM '^bracket_(.*)_before$') FROM pg_proc p
                        WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname ~ '^bracket_.*_before$'
                        """,
                        row -> row.getString(1))) {
            if (sources.stream().noneMatch(it -> it.suffix().equals(unused))) {
                Brackets.release(session, unused);
            }
        }
    }

    private static Map<Long, Integer> levels(List<Source> sources) {
        Map<Long, Integer> levels = new HashMap<>();
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Source source : sources) {
                int level = source.streamTable().map(it -> levels.getOrDefault(it, 0)).orElse(0);
                for (long reader : source.readers()) {
                    if (levels.getOrDefault(reader, 0) <= level) {
                        levels.put(reader, level + 1);
                        changed = true;
                    }
                }
            }
        }
        return levels;
    }

    private static void addReaders(
            List<Source> sources, Source source, SequencedSet<Long> readers) {
        for (long reader : source.readers()) {
            if (readers.add(reader)) {
                sources.stream()
                        .filter(it -> it.streamTable().filter(id -> id == reader).isPresent())
                        .forEach(it -> addReaders(sources, it, readers));
            }
        }
    }

    private static void require(Session session, Source source, List<Long> readers)
            throws SQLException {
        long table =
                session.first(
                                """
                                SELECT d.source_relid::bigint FROM pgtrickle.pgt_dependencies d
                                WHERE d.buffer_name = ? LIMIT 1
                                """,
                                row -> row.getLong(1),
                                source.suffix())
                        .orElseThrow();
        Rights owner = row(session, source.readers().getFirst()).owner();
        new Brackets(new Actors(session, owner), source.suffix())
                .require(
                        table,
                        readers,
                        !session.query(
                                        "SELECT 1 FROM pgtrickle.pgt_immediate WHERE pgt_id = ANY (?) AND takes_turns",
                                        row -> row.getInt(1),
                                        new Session.ArrayOf("int8", readers))
                                .isEmpty());
    }
}
