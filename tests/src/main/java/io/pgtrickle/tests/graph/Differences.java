package io.pgtrickle.tests.graph;

import io.pgtrickle.tests.postgres.TestDatabase.Session;

/// Compares stream tables with their queries, at the snapshot of a session.
public final class Differences {
    private Differences() {}

    /// The number of rows in which a stream table and its query differ.
    public static int count(Session session, String table, String query) {
        String columns =
                session.value(
                        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = '"
                                + table
                                + "'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT LIKE '\\_\\_pgt\\_%'");
        return Integer.parseInt(
                session.value(
                        "WITH q AS (%1$s), s AS (SELECT %2$s FROM %3$s) SELECT count(*) FROM ((SELECT * FROM q EXCEPT ALL SELECT * FROM s) UNION ALL (SELECT * FROM s EXCEPT ALL SELECT * FROM q)) d"
                                .formatted(query, columns, table)));
    }
}
