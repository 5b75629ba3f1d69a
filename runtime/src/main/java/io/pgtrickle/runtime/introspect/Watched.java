package io.pgtrickle.runtime.introspect;

import java.util.List;

/// What a query is made of beside tables, and what can be replaced without a trace in the tables:
/// the routines that are not PostgreSQL's own, and the views.
///
/// @param routines OIDs in `pg_proc`
/// @param views OIDs in `pg_class`
/// @param hash tells the present state of all of them from another one
public record Watched(List<Long> routines, List<Long> views, String hash) {
    public Watched {
        routines = List.copyOf(routines);
        views = List.copyOf(views);
    }

    /// Whether there is nothing to watch.
    public boolean isEmpty() {
        return routines.isEmpty() && views.isEmpty();
    }

    /// The SQL expression that gives the hash now.
    public String hashNow() {
        return "pgtrickle.watched_hash(" + array(routines) + ", " + array(views) + ")";
    }

    private static String array(List<Long> oids) {
        return "'{" + String.join(",", oids.stream().map(String::valueOf).toList()) + "}'::oid[]";
    }
}
