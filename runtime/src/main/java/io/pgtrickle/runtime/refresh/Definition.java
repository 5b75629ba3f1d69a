package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.Compiler;
import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.runtime.introspect.Introspector;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/// A query as it will be maintained in a given mode.
///
/// @param analysis what PostgreSQL said
/// @param query storage and statements
/// @param fullReason why it can only be recomputed, empty when it is differential or FULL was asked for
/// @param full whether it is recomputed
/// @param temporaryRelations temporary relations it reads, which no stream table may
public record Definition(
        QueryAnalysis analysis,
        CompiledQuery query,
        Optional<Diagnostic> fullReason,
        boolean full,
        List<String> temporaryRelations) {

    public Definition {
        temporaryRelations = List.copyOf(temporaryRelations);
    }

    /// Introspects and compiles a query; `recompute` asks for FULL whatever the query allows.
    public static Definition of(Connection connection, String query, boolean recompute) throws SQLException {
        Introspector.Introspected introspected = Introspector.introspect(connection, query);
        QueryAnalysis analysis = introspected.analysis();
        return switch (introspected.result()) {
            case Compiler.Result.Differential(CompiledQuery compiled) ->
                    new Definition(
                            analysis,
                            recompute ? CompiledQuery.full(analysis) : compiled,
                            Optional.empty(),
                            recompute,
                            introspected.temporaryRelations());
            case Compiler.Result.FullOnly(CompiledQuery compiled, Diagnostic reason) ->
                    new Definition(
                            analysis, compiled, Optional.of(reason), true, introspected.temporaryRelations());
            case Compiler.Result.TypesNeeded _ -> throw new IllegalStateException("types are still unknown");
        };
    }

    /// The relations whose changes it consumes.
    public List<Relation> consumed() {
        return full ? List.of() : List.copyOf(query.captured().keySet());
    }

    /// Identifies everything the storage and the statements were made from: the canonical text, the views in it, the
    /// stored columns, the captured attributes. Another fingerprint means that the stored rows may be wrong.
    public String fingerprint() {
        StringBuilder text = new StringBuilder(analysis.canonicalText()).append('\n').append(full);
        analysis.relations().forEach(relation -> text.append('\n')
                .append(relation.oid())
                .append(' ')
                .append(relation.displayName())
                .append(' ')
                .append(relation.kind())
                .append(' ')
                .append(relation.viewDefinition().orElse("")));
        query.storage().columns().forEach(column -> text.append('\n').append(column.name()).append(' ').append(column.type().sqlName()));
        text.append('\n').append(full ? "" : query.captured().values());
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.toString().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
