package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.catalog.QueryAnalysis.Routine;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.runtime.capture.Capture;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// What must be set up around a stream table: the capture of its sources and its dependencies.
public final class Registration {
    private Registration() {}

    /// Installs capture on every consumed source, or adapts it, in OID order so that two of these
    /// cannot deadlock.
    ///
    /// @param owner whose query it is: may have rights on the sources that the session has not
    public static void capture(Session session, Rights owner, Definition definition)
            throws SQLException {
        if (definition.full()) {
            return;
        }
        List<Relation> sources = new ArrayList<>(definition.consumed());
        sources.sort(Comparator.comparingLong(Relation::oid));
        requireVisible(session, owner, sources);
        List<Long> immediate = new ArrayList<>();
        for (Relation source : sources) {
            if (Immediate.immediate(session, source).isPresent()) {
                immediate.add(source.relid());
            }
        }
        Immediate.lockWriters(session, owner, immediate);
        for (Relation source : sources) {
            try {
                Capture.require(session, owner, source, definition.query().captured(source));
            } catch (SQLException e) {
                throw lockTimeout(source, e);
            }
        }
        Immediate.follow(session, sources);
    }

    /// The SQL expression for the first source of which an owner may not see every row and column,
    /// NULL for none: its changes would show them.
    static String hidden(Rights owner, List<Relation> sources) {
        return owner.role()
                .map(role ->
                        "pgtrickle._hidden_from("
                                + role
                                + ", '{"
                                + sources.stream()
                                        .map(it -> Long.toString(it.relid()))
                                        .collect(Collectors.joining(","))
                                + "}')")
                .orElse("NULL");
    }

    /// Fails when there is a source of which an owner may not see every row and column.
    public static void requireVisible(Session session, Rights owner, List<Relation> sources)
            throws SQLException {
        if (owner.equals(Rights.OWN)) {
            return;
        }
        Optional<String> hidden =
                session.one("SELECT " + hidden(owner, sources), row -> row.optionalString(1));
        if (hidden.isPresent()) {
            throw hiddenSource(hidden.get());
        }
    }

    static PgTrickleException hiddenSource(String source) {
        return PgTrickleException.of("42501", "permission denied for table " + source)
                .detail(
                        "The owner of a stream table that is not recomputed must be allowed to read all rows and columns"
                                + " of its sources.")
                .hint(
                        "GRANT SELECT on the whole table to that role, without a policy; or use mode FULL.")
                .build();
    }

    private static SQLException lockTimeout(Relation source, SQLException e) {
        if (!"55P03".equals(e.getSQLState())) {
            return e;
        }
        PgTrickleException readable =
                PgTrickleException.of(
                                "55P03",
                                "could not lock "
                                        + source.displayName()
                                        + " to install its triggers")
                        .detail("Another transaction held a lock on it for more than 10 seconds.")
                        .hint("Try again when long transactions on the table have ended.")
                        .cause(e)
                        .build();
        throw readable;
    }

    /// Records what a stream table reads, which buffers it consumes, and the end of its query.
    public static void recordDependencies(Session session, long id, Definition definition)
            throws SQLException {
        for (Relation source : definition.analysis().relations()) {
            List<Relation> consumed =
                    definition.consumed().stream()
                            .filter(it -> it.relid() == source.relid())
                            .toList();
            for (Relation captured : consumed) {
                recordDependency(session, id, source, Optional.of(captured), definition);
            }
            if (consumed.isEmpty()) {
                recordDependency(session, id, source, Optional.empty(), definition);
            }
        }
        recordTopRows(session, id, definition);
    }

    /// Records what is in the catalog for queries that keep the first rows of an order.
    private static void recordTopRows(Session session, long id, Definition definition)
            throws SQLException {
        Optional<TopRows> top = TopRows.of(definition.text());
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET topk_limit = ?, topk_offset = ?, topk_order_by = ?"
                        + " WHERE pgt_id = ?",
                top.map(TopRows::limit).orElse(null),
                top.flatMap(TopRows::offset).orElse(null),
                top.map(TopRows::order).orElse(null),
                id);
    }

    /// Records what a stream table is made of, its own storage included, as it is now: what becomes
    /// of it later is noticed. The last step of making or changing one.
    public static void watch(Session session, long id, Definition definition) throws SQLException {
        String columns =
                definition.consumed().stream()
                        .flatMap(source ->
                                definition.query().captured(source).keySet().stream()
                                        .map(number -> "[" + source.relid() + "," + number + "]"))
                        .collect(Collectors.joining(",", "[", "]"));
        session.query(
                "SELECT pgtrickle._watch(?, CAST(? AS jsonb), CAST(? AS jsonb))::text",
                row -> row.getString(1),
                id,
                definition.watched().objects(),
                columns);
    }

    private static void recordDependency(
            Session session,
            long id,
            Relation source,
            Optional<Relation> captured,
            Definition definition)
            throws SQLException {
        session.update(
                "INSERT INTO pgtrickle.pgt_dependencies (pgt_id, source_relid, source_type, buffer_name, columns_used)"
                        + " VALUES (?, CAST(? AS bigint)::oid, ?, ?, ?)",
                id,
                source.relid(),
                sourceType(source.kind()),
                captured.map(it -> CaptureSql.of(it).suffix()).orElse(null),
                captured.isPresent() ? columnsUsed(definition, captured.get()) : null);
    }

    private static Session.ArrayOf columnsUsed(Definition definition, Relation source) {
        var numbers = definition.query().captured(source).keySet();
        return new Session.ArrayOf(
                "text",
                source.columns().stream()
                        .filter(column -> numbers.contains(column.number()))
                        .map(Relation.RelationColumn::name)
                        .toList());
    }

    private static String sourceType(Relation.Kind kind) {
        return switch (kind) {
            case TABLE, PARTITIONED_TABLE, INHERITANCE_PARENT, SYSTEM_TABLE, OTHER -> "TABLE";
            case STREAM_TABLE -> "STREAM_TABLE";
            case VIEW -> "VIEW";
            case MATERIALIZED_VIEW -> "MATVIEW";
            case FOREIGN_TABLE -> "FOREIGN_TABLE";
        };
    }

    /// The names of the routines it calls that are not PostgreSQL's own.
    public static Session.ArrayOf routines(Definition definition) {
        return new Session.ArrayOf(
                "text",
                definition.analysis().routines().stream()
                        .filter(routine -> !routine.schema().equals("pg_catalog"))
                        .map(Routine::name)
                        .distinct()
                        .sorted()
                        .toList());
    }
}
