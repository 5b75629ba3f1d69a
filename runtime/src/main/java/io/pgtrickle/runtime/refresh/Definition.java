package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.Compiler;
import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Storage;
import io.pgtrickle.runtime.introspect.Introspector;
import io.pgtrickle.runtime.introspect.Watched;
import io.pgtrickle.runtime.session.Session;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// A query as it will be maintained in a given mode.
///
/// @param text the query, with all names qualified
/// @param analysis what PostgreSQL said
/// @param query storage and statements
/// @param fullReason why it can only be recomputed, empty when it is differential or FULL was asked
///   for
/// @param full whether it is recomputed
/// @param temporaryRelations temporary relations it reads, which no stream table may
/// @param watched what can be altered under it
public record Definition(
        String text,
        QueryAnalysis analysis,
        CompiledQuery query,
        Optional<Diagnostic> fullReason,
        boolean full,
        List<String> temporaryRelations,
        Watched watched) {

    public Definition {
        temporaryRelations = List.copyOf(temporaryRelations);
    }

    /// A user's query, for a session with that user's rights. Names are resolved by the session's
    /// search path; leaves the transaction with `pg_catalog` as its search path.
    ///
    /// What is compiled is the canonical text, introspected once more: PostgreSQL may print it
    /// differently again, and whoever compiles the stored text later must get the same.
    public static Definition ofUser(Session session, String query, boolean recompute)
            throws SQLException {
        return ofStored(session, Introspector.canonicalText(session, query), recompute);
    }

    /// A stored query, for a session with the rights of its owner; sets the transaction's search
    /// path to `pg_catalog`. `recompute` asks for FULL whatever the query allows.
    public static Definition ofStored(Session session, String query, boolean recompute)
            throws SQLException {
        session.engine().execute("SET LOCAL search_path = pg_catalog, pg_temp");
        Introspector.Introspected introspected = Introspector.introspect(session, query);
        QueryAnalysis analysis = introspected.analysis();
        return switch (introspected.result()) {
            case Compiler.Result.Differential(CompiledQuery compiled) ->
                    new Definition(
                            query,
                            analysis,
                            recompute ? CompiledQuery.full(analysis) : compiled,
                            Optional.empty(),
                            recompute,
                            introspected.temporaryRelations(),
                            introspected.watched());
            case Compiler.Result.FullOnly(CompiledQuery compiled, Diagnostic reason) ->
                    new Definition(
                            query,
                            analysis,
                            compiled,
                            Optional.of(reason),
                            true,
                            introspected.temporaryRelations(),
                            introspected.watched());
            case Compiler.Result.TypesNeeded _ ->
                    throw new IllegalStateException("types are still unknown");
        };
    }

    /// The refresh mode as the catalog names it.
    public String mode() {
        return full ? "FULL" : "DIFFERENTIAL";
    }

    /// The refresh mode as the catalog names it, when that mode was asked for.
    public String mode(String requested) {
        return requested.equals(Immediate.MODE) ? requested : mode();
    }

    /// Whether it reads a table without a key.
    public boolean hasKeylessSource() {
        return analysis.relations().stream()
                .anyMatch(relation ->
                        switch (relation.kind()) {
                            case TABLE,
                                    PARTITIONED_TABLE,
                                    INHERITANCE_PARENT,
                                    MATERIALIZED_VIEW,
                                    FOREIGN_TABLE ->
                                    relation.keys().isEmpty();
                            case STREAM_TABLE, VIEW, SYSTEM_TABLE, OTHER -> false;
                        });
    }

    /// The relations whose changes it consumes.
    public List<Relation> consumed() {
        return full ? List.of() : List.copyOf(query.captured().keySet());
    }

    private static void describe(Storage storage, StringBuilder content) {
        storage.columns()
                .forEach(column ->
                        content.append('\n')
                                .append(column.name())
                                .append(' ')
                                .append(column.type().sqlName()));
        storage.key().forEach(column -> content.append('\n').append(column.name()));
    }

    /// Identifies everything the storage and the statements were made from: the text, the views in
    /// it, the stored columns, what finds a row, the captured attributes. Another fingerprint means
    /// that the stored rows may be wrong.
    public String fingerprint() {
        StringBuilder content = new StringBuilder(text).append('\n').append(full);
        analysis.relations()
                .forEach(relation ->
                        content.append('\n')
                                .append(relation.oid())
                                .append(' ')
                                .append(relation.displayName())
                                .append(' ')
                                .append(relation.compared())
                                .append(' ')
                                .append(relation.viewDefinition().orElse("")));
        describe(query.storage(), content);
        query.states().forEach(state -> describe(state.storage(), content.append("\nstate")));
        content.append('\n').append(full ? "" : query.captured().values());
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of()
                    .formatHex(digest.digest(content.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
