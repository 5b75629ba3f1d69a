package io.pgtrickle.runtime.catalog;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.PendingChanges;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/// What a refresh inside a user's transaction has applied of the changes of that transaction, which
/// no snapshot shows as committed. Within one transaction changes are numbered in the order in
/// which they are made.
///
/// @param xid the transaction, empty for a refresh in a transaction of its own
/// @param highest the highest change of each buffer that it wrote to, by the buffer's suffix
public record OwnChanges(String xid, SortedMap<String, Long> highest) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// As stored in a frontier, empty when it has none.
    ///
    /// @param highest a JSON object
    public static Optional<OwnChanges> stored(Optional<String> xid, Optional<String> highest) {
        if (xid.isEmpty() || highest.isEmpty()) {
            return Optional.empty();
        }
        try {
            SortedMap<String, Long> changes =
                    JSON.readValue(highest.get(), new TypeReference<SortedMap<String, Long>>() {});
            return Optional.of(new OwnChanges(xid.get(), changes));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("unreadable frontier", e);
        }
    }

    /// The condition for a buffer row `b` that the row `s` of `pgt_stream_tables` has not applied
    /// it in the transaction that made it.
    public static String notApplied(CaptureSql buffer) {
        return "(b.xid = (s.frontier ->> 'own_xid')::xid8 AND b.change_id <= (s.frontier -> 'own_changes' ->> '"
                + buffer.suffix()
                + "')::bigint) IS NOT TRUE";
    }

    /// What of a buffer the row `s` of `pgt_stream_tables` has applied in the transaction that made
    /// it, as expressions that stay the same from refresh to refresh.
    public static PendingChanges.Applied ofRow(long id, CaptureSql buffer) {
        String from = " FROM pgtrickle.pgt_stream_tables AS s WHERE s.pgt_id = " + id + ")";
        return new PendingChanges.Applied(
                "(SELECT (s.frontier ->> 'own_xid')::xid8" + from,
                "(SELECT (s.frontier -> 'own_changes' ->> '"
                        + buffer.suffix()
                        + "')::bigint"
                        + from);
    }

    /// The highest change that the current transaction has made, an SQL expression.
    public static String highest(CaptureSql buffer) {
        return "(SELECT max(o.change_id) FROM "
                + buffer.buffer()
                + " AS o WHERE o.xid = pg_current_xact_id())";
    }

    /// What of a buffer is applied.
    public Optional<PendingChanges.Applied> of(CaptureSql buffer) {
        return Optional.ofNullable(highest.get(buffer.suffix()))
                .map(change -> new PendingChanges.Applied(Long.parseLong(xid), change));
    }

    /// The snapshot in which this transaction is in progress. PostgreSQL does not count the asking
    /// transaction among those in progress, so it may look committed in its own snapshots.
    public String unseen(String snapshot) {
        if (xid.isEmpty()) {
            return snapshot;
        }
        String[] parts = snapshot.split(":", -1);
        long own = Long.parseLong(xid);
        if (own >= Long.parseLong(parts[1])) {
            return snapshot;
        }
        TreeSet<Long> running =
                Arrays.stream(parts[2].split(","))
                        .filter(it -> !it.isEmpty())
                        .map(Long::valueOf)
                        .collect(Collectors.toCollection(TreeSet::new));
        running.add(own);
        return Math.min(Long.parseLong(parts[0]), own)
                + ":"
                + parts[1]
                + ":"
                + running.stream().map(String::valueOf).collect(Collectors.joining(","));
    }

    /// As a part of a frontier.
    Map<String, Object> json() {
        return highest.isEmpty() ? Map.of() : Map.of("own_xid", xid, "own_changes", highest);
    }
}
