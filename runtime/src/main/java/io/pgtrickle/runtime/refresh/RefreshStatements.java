package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.ChangeWindow;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.LossSql;
import io.pgtrickle.compiler.emit.OutputBuffer;
import io.pgtrickle.compiler.emit.PendingChanges;
import io.pgtrickle.compiler.emit.PendingChanges.Bound;
import io.pgtrickle.compiler.emit.StateTables;
import io.pgtrickle.runtime.catalog.Frontier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// The statements that refresh one stream table as it is defined now.
///
/// Rendering the one that applies changes can take longer than PostgreSQL takes to apply a few, and
/// there are only a few different ones, since what is pending is rounded. Thread-safe.
final class RefreshStatements {
    private static final int KEPT = 16;

    private final StreamTableRow row;
    private final CompiledQuery query;

    /// Least recently used first.
    private final LinkedHashMap<Pending, String> differential =
            new LinkedHashMap<>(KEPT, 0.75f, true);

    private record Pending(List<PendingChanges> changes, Optional<OutputBuffer> output) {}

    RefreshStatements(StreamTableRow row, CompiledQuery query) {
        this.row = row;
        this.query = query;
    }

    /// Applies what is pending. What a caller's transaction asks for names that transaction, so it
    /// is not kept.
    String differential(List<PendingChanges> changes, Optional<OutputBuffer> output) {
        if (changes.stream().anyMatch(it -> it.bound() != Bound.CERTAIN)) {
            return rendered(new Pending(changes, output));
        }
        synchronized (differential) {
            String sql =
                    differential.computeIfAbsent(
                            new Pending(List.copyOf(changes), output), this::rendered);
            if (differential.size() > KEPT) {
                differential.pollFirstEntry();
            }
            return sql;
        }
    }

    private String rendered(Pending pending) {
        return query.differentialRefresh(
                row.target(), states(), unapplied(), pending.changes(), pending.output());
    }

    /// Says whether what is pending takes derivations away.
    ///
    /// @param members the OIDs of the stream tables of a cycle
    String loses(List<PendingChanges> changes, Set<Long> members) {
        return LossSql.statement(query, states(), unapplied(), changes, members);
    }

    /// Recomputes and applies the difference.
    String full(Optional<OutputBuffer> output) {
        return query.fullRefresh(row.target(), states(), output);
    }

    /// Fills the empty table.
    String populate() {
        return query.populate(row.table(), states());
    }

    private StateTables states() {
        return new StateTables(row.id());
    }

    /// The frontier as the catalog has it, so that the statement's text stays the same from refresh
    /// to refresh.
    private ChangeWindow unapplied() {
        return new ChangeWindow.Unapplied(
                "(SELECT "
                        + Frontier.OF_ROW
                        + " FROM pgtrickle.pgt_stream_tables AS s WHERE s.pgt_id = "
                        + row.id()
                        + ")");
    }
}
