package io.pgtrickle.runtime.catalog;

/// Up to where a stream table is: the snapshot at which its rows equal its query's result.
///
/// A change is applied if the snapshot sees the transaction that made it. Transactions that were
/// open then, or began later, are not seen, in whatever order they commit.
///
/// @param snapshot a `pg_snapshot` as text
/// @param systemIdentifier the cluster whose transaction ids these are; elsewhere the frontier
///   means nothing
public record Frontier(String snapshot, String systemIdentifier) {
    /// The frontier column's snapshot, as an SQL expression over the alias `s` of
    /// `pgt_stream_tables`.
    public static final String OF_ROW = "(s.frontier ->> 'snapshot')::pg_snapshot";

    public Frontier {
        if (!snapshot.matches("[0-9]+:[0-9]+:[0-9,]*")) {
            throw new IllegalArgumentException("not a snapshot: " + snapshot);
        }
    }
}
