package io.pgtrickle.runtime.api;

import io.pgtrickle.compiler.catalog.QueryAnalysis.Routine;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Definition;
import io.pgtrickle.runtime.refresh.Immediate;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What a query must be to become a stream table, and what its author should know.
final class Queries {
    private Queries() {}

    static void requireText(String query) {
        if (query.isBlank()) {
            throw PgTrickleException.of("42601", "the query is empty")
                    .hint("Give one SELECT statement.")
                    .build();
        }
    }

    /// Checks a definition for a mode.
    static void check(Session session, Definition definition, RefreshMode mode)
            throws SQLException {
        requireRelations(definition);
        requireSelect(session, definition.analysis().relations());
        requireVisibleColumns(definition);
        if (definition.fullReason().isPresent()) {
            requireAllowed(definition.fullReason().get(), mode);
        }
        if (mode == RefreshMode.IMMEDIATE) {
            requireFollowed(definition);
            Immediate.requireFewTopRows(session.engine(), definition.text());
        }
    }

    private static void requireAllowed(Diagnostic reason, RefreshMode mode) {
        String construct = reason.construct();
        Optional<PgTrickleException.Builder> refusal =
                switch (reason.consequence()) {
                    case RECOMPUTED ->
                            incremental(mode)
                                    ? Optional.of(
                                            PgTrickleException.of(
                                                            "0A000",
                                                            "unsupported operator for "
                                                                    + mode
                                                                    + " mode: "
                                                                    + construct)
                                                    .hint(
                                                            "Use mode AUTO or FULL, or rewrite the query without "
                                                                    + construct
                                                                    + "."))
                                    : Optional.empty();
                    case TOO_COMPLEX ->
                            incremental(mode)
                                    ? Optional.of(
                                            PgTrickleException.of(
                                                            "54000",
                                                            "the query is too complex for "
                                                                    + mode
                                                                    + " mode: "
                                                                    + construct)
                                                    .hint(
                                                            "Use mode AUTO or FULL, or make stream tables of parts of"
                                                                    + " the query and read those."))
                                    : Optional.empty();
                    case UNDETERMINED ->
                            mode == RefreshMode.FULL
                                    ? Optional.empty()
                                    : Optional.of(
                                            unsupportedClause(construct)
                                                    .hint(
                                                            "Rewrite the query without "
                                                                    + construct
                                                                    + ", or ask for mode FULL to store some answer with each"
                                                                    + " refresh."));
                    case REFUSED ->
                            Optional.of(
                                    unsupportedClause(construct)
                                            .hint("Leave the " + construct + " clause out."));
                };
        if (refusal.isPresent()) {
            throw refusal.get().detail(reason.explanation()).build();
        }
    }

    private static boolean incremental(RefreshMode mode) {
        return mode == RefreshMode.DIFFERENTIAL || mode == RefreshMode.IMMEDIATE;
    }

    /// What only comparing tells the changes of cannot be followed within the writing transaction.
    private static void requireFollowed(Definition definition) {
        for (Relation source : definition.consumed()) {
            if (source.compared()) {
                throw PgTrickleException.of(
                                "0A000",
                                "unsupported source for IMMEDIATE mode: " + source.displayName())
                        .detail(
                                "It has no triggers; what has changed in it is found by comparing it with what it was.")
                        .hint("Use mode DIFFERENTIAL, or read the tables it is made of.")
                        .build();
            }
        }
    }

    private static PgTrickleException.Builder unsupportedClause(String construct) {
        return PgTrickleException.of(
                "0A000", "unsupported clause in a stream table's query: " + construct);
    }

    private static void requireRelations(Definition definition) {
        if (definition.analysis().relations().isEmpty()) {
            throw PgTrickleException.of("42000", "query parse error: the query reads no table")
                    .detail("A stream table follows the tables that its query reads.")
                    .hint("Add a FROM clause with a table.")
                    .build();
        }
        if (!definition.temporaryRelations().isEmpty()) {
            throw PgTrickleException.of(
                            "0A000",
                            "the query reads a temporary table: "
                                    + definition.temporaryRelations().getFirst())
                    .detail("A temporary table is gone when its session ends.")
                    .hint("Use a permanent table.")
                    .build();
        }
        for (Relation relation : definition.analysis().relations()) {
            if (relation.schema().equals("pgtrickle_changes")) {
                throw PgTrickleException.of(
                                "0A000",
                                "the query reads a change buffer: " + relation.displayName())
                        .detail("Change buffers are internal and emptied at any time.")
                        .hint("Read the source itself.")
                        .build();
            }
        }
    }

    /// The tables under a view are read by whoever refreshes, so its reader needs SELECT on them as
    /// well.
    private static void requireSelect(Session session, List<Relation> relations)
            throws SQLException {
        for (Relation relation : relations) {
            boolean allowed =
                    session.first(
                                    "SELECT has_table_privilege(CAST(? AS bigint)::oid, 'SELECT')"
                                            + " OR has_any_column_privilege(CAST(? AS bigint)::oid, 'SELECT')",
                                    row -> row.getBoolean(1),
                                    relation.oid(),
                                    relation.oid())
                            .orElse(false);
            if (!allowed) {
                throw PgTrickleException.of(
                                "42501", "permission denied for table " + relation.displayName())
                        .detail(
                                "Creating a stream table needs SELECT on everything that its query reads.")
                        .hint(
                                "GRANT SELECT ON "
                                        + relation.displayName()
                                        + " to the role that creates it.")
                        .build();
            }
        }
    }

    private static void requireVisibleColumns(Definition definition) {
        if (definition.analysis().output().stream()
                .noneMatch(column -> CompiledQuery.isVisible(column.name()))) {
            throw PgTrickleException.of("42000", "query parse error: the query has no column")
                    .detail("Columns whose names start with __pgt_ are left out.")
                    .hint("Select at least one other column.")
                    .build();
        }
    }

    static List<String> warnings(Definition definition, RefreshMode requested) {
        List<String> warnings = new ArrayList<>();
        definition
                .fullReason()
                .filter(_ -> requested == RefreshMode.AUTO)
                .ifPresent(reason ->
                        warnings.add(
                                "the query cannot be maintained differentially and will be recomputed (FULL): "
                                        + reason.reason()));
        definition
                .fullReason()
                .filter(it -> it.consequence() == Diagnostic.Consequence.UNDETERMINED)
                .ifPresent(reason ->
                        warnings.add(
                                "the query has no determined answer, because of "
                                        + reason.construct()
                                        + ": each refresh may store another one"));
        Optional<Routine> stable = definition.analysis().stableRoutine();
        stable.ifPresent(routine ->
                warnings.add(
                        "the query calls "
                                + routine.name()
                                + ", which is STABLE: its value can change without a change of the sources; rows are updated when"
                                + " their sources change"));
        return warnings;
    }
}
