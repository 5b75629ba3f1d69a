package io.pgtrickle.compiler.emit;

/// The SQL that replaces what the running transaction has written to a change buffer by its net.
///
/// Several statements may have removed rows and added them again. Readers would find the same in
/// the end, but have to work for each of them.
///
/// @param capture the change buffer
public record NetChanges(CaptureSql capture) {

    /// The statement; it says how many rows were added and removed in all.
    ///
    /// What it writes has the number of the last change that it replaces: for whoever has applied
    /// that one, it is applied. Rows are told apart by their images.
    ///
    /// @param since the number of the last change that stays as it is
    public String replace(long since) {
        String buffer = capture.buffer();
        return "WITH written AS (DELETE FROM "
                + buffer
                + " AS b WHERE b.xid = pg_current_xact_id() AND b.change_id > "
                + since
                + " RETURNING b.change_id, b.removed, b.added),\n"
                + "images AS (SELECT unnest(w.removed) AS image, -1 AS n FROM written AS w"
                + " UNION ALL SELECT unnest(w.added), 1 FROM written AS w),\n"
                + "net AS (SELECT any_value(i.image) AS image, sum(i.n) AS n FROM images AS i"
                + " GROUP BY CAST(i.image AS text) HAVING sum(i.n) <> 0),\n"
                + "copies AS (SELECT c.image, c.n > 0 AS live, (row_number() OVER () - 1) / "
                + OutputBuffer.BATCH_ROWS
                + " AS batch FROM net AS c CROSS JOIN LATERAL generate_series(1, abs(c.n))),\n"
                + "replaced AS (INSERT INTO "
                + buffer
                + " (change_id, row_count, removed, added) SELECT (SELECT max(w.change_id) FROM written AS w),"
                + " count(*), array_agg(c.image) FILTER (WHERE NOT c.live), array_agg(c.image) FILTER (WHERE c.live)"
                + " FROM copies AS c GROUP BY c.batch RETURNING 1)\n"
                + "SELECT count(*) FILTER (WHERE c.live), count(*) FILTER (WHERE NOT c.live) FROM copies AS c";
    }
}
