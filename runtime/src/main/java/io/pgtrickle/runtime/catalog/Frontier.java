package io.pgtrickle.runtime.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.HashMap;
import java.util.Map;

/// Up to where a stream table is: the snapshot at which its rows equal its query's result.
///
/// A change is applied if the snapshot sees the transaction that made it. Transactions that were
/// open then, or began later, are not seen, in whatever order they commit.
///
/// @param snapshot a `pg_snapshot` as text
/// @param systemIdentifier the cluster whose transaction ids these are; elsewhere the frontier
///   means nothing
/// @param own what is applied beside that: changes of the refreshing transaction itself
public record Frontier(String snapshot, String systemIdentifier, OwnChanges own) {
    /// The frontier column's snapshot, as an SQL expression over the alias `s` of
    /// `pgt_stream_tables`.
    public static final String OF_ROW = "(s.frontier ->> 'snapshot')::pg_snapshot";

    private static final ObjectMapper JSON = new ObjectMapper();

    public Frontier {
        if (!snapshot.matches("[0-9]+:[0-9]+:[0-9,]*")) {
            throw new IllegalArgumentException("not a snapshot: " + snapshot);
        }
    }

    /// As the catalog holds it.
    public String json() {
        Map<String, Object> content = new HashMap<>(own.json());
        content.put("snapshot", snapshot);
        content.put("system_identifier", systemIdentifier);
        try {
            return JSON.writeValueAsString(content);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
