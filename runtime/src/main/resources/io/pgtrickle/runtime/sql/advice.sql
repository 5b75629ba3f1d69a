-- What to do about errors, and which refresh mode fits.

-- What kind of error an SQLSTATE is, and what helps.
CREATE FUNCTION pgtrickle.error_advice(code text, OUT error_type text, OUT remediation text)
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.type, a.advice FROM (VALUES
        (1, '^XX001$', 'correctness', 'The stored rows did not match the changes: something else has written to the stream'
            || ' table. It is recomputed by itself; find out who writes to it.'),
        (2, '^(42P01|42703|42883|42704|42P17|42804|42P16|3F000|2BP01|2B000|55006)$', 'schema',
            'An object that the query uses was dropped, renamed or changed. Restore it, or alter the stream table with a'
            || ' query that fits.'),
        (3, '^42501$', 'user', 'The role that refreshes may not read a source. Grant it SELECT, or change the owner.'),
        (4, '^(57014|54|53)', 'performance', 'The refresh exceeded a limit. Raise statement_timeout or the resource that'
            || ' the message names, or refresh more often so that less is pending.'),
        (5, '^(55P03|40)', 'performance', 'The refresh met conflicting locks or transactions and is tried again. Look for'
            || ' long transactions on the sources.'),
        (6, '^(2[0-9]|44|P0|0A|42)', 'user', 'The query itself fails on the data that there is. Run it as it is, correct'
            || ' the data, or alter the query so that it copes with them.'),
        (7, '', 'infrastructure', 'The server or the connection failed. The refresh is tried again; see the log of the'
            || ' server if it stays.')) a(n, pattern, type, advice)
    WHERE code ~ a.pattern ORDER BY a.n LIMIT 1
$$;

CREATE FUNCTION pgtrickle.errors_of(id bigint) RETURNS TABLE (event_time timestamptz, error_type text,
    error_message text, remediation text)
LANGUAGE sql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.start_time, a.error_type, h.error_message, a.remediation
    FROM pgtrickle.readable_refresh_history h LEFT JOIN LATERAL pgtrickle.error_advice(h.error_sqlstate) a ON true
    WHERE h.pgt_id = id AND h.status = 'FAILED' ORDER BY h.refresh_id DESC LIMIT 5
$$;

-- The last five failures of a stream table, newest first.
CREATE FUNCTION pgtrickle.diagnose_errors(name text) RETURNS TABLE (event_time timestamptz, error_type text,
    error_message text, remediation text)
LANGUAGE sql STABLE STRICT
BEGIN ATOMIC
    SELECT e.event_time, e.error_type, e.error_message, e.remediation
    FROM pgtrickle.errors_of(pgtrickle.require_stream_table(name)) e;
END;

-- How much a share of changed rows speaks for DIFFERENTIAL (1) or FULL (-1).
CREATE FUNCTION pgtrickle.change_ratio_score(ratio double precision) RETURNS numeric
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN ratio < 0.05 THEN 1 WHEN ratio < 0.15 THEN 0.5 WHEN ratio < 0.30 THEN -0.3 WHEN ratio < 0.50 THEN -0.7
    ELSE -1 END;

-- What is known of each stream table that speaks for a mode.
CREATE VIEW pgtrickle.mode_facts AS
SELECT s.pgt_id, p.pending / nullif(r.source_rows, 0) AS change_ratio_current,
       t.avg_delta_rows::double precision / nullif(r.source_rows, 0) AS change_ratio_avg,
       t.avg_diff_ms AS diff_avg_ms, t.avg_full_ms AS full_avg_ms, l.p50 AS diff_p50_ms, l.p95 AS diff_p95_ms,
       CASE c.relkind WHEN 'p' THEN (SELECT sum(pg_total_relation_size(m.relid)) FROM pg_partition_tree(c.oid) m)::bigint
           ELSE pg_total_relation_size(c.oid) END AS target_size_bytes, j.sources - 1 AS join_count,
       EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attname = '__pgt_row_id'
               WHERE i.indrelid = c.oid AND i.indisvalid AND i.indkey[0] = a.attnum AND i.indnatts > i.indnkeyatts)
           AS has_covering_index,
       t.diff_count AS history_rows_diff, t.full_count AS history_rows_full
FROM pgtrickle.pgt_stream_tables s
JOIN pgtrickle.refresh_totals t ON t.pgt_id = s.pgt_id
LEFT JOIN pg_class c ON c.oid = s.pgt_relid
LEFT JOIN pgtrickle.source_rows r ON r.pgt_id = s.pgt_id
LEFT JOIN (SELECT b.pgt_id, sum(b.pending_rows)::double precision AS pending FROM pgtrickle.backlog(NULL) b
           GROUP BY b.pgt_id) p ON p.pgt_id = s.pgt_id
LEFT JOIN (SELECT h.pgt_id, percentile_cont(0.5) WITHIN GROUP (ORDER BY h.duration_ms) AS p50,
                  percentile_cont(0.95) WITHIN GROUP (ORDER BY h.duration_ms) AS p95
           FROM pgtrickle.readable_refresh_history h WHERE h.status = 'COMPLETED' AND h.action = 'DIFFERENTIAL'
           GROUP BY h.pgt_id HAVING count(*) >= 20) l ON l.pgt_id = s.pgt_id
LEFT JOIN (SELECT e.pgt_id, count(*) AS sources FROM pgtrickle.graph_edges e GROUP BY e.pgt_id) j ON j.pgt_id = s.pgt_id;
GRANT SELECT ON pgtrickle.mode_facts TO PUBLIC;

-- The signals of each stream table; score is NULL where nothing is known.
CREATE VIEW pgtrickle.mode_signals AS
SELECT f.pgt_id, g.name, g.weight, g.score
FROM pgtrickle.mode_facts f CROSS JOIN LATERAL (VALUES
    ('change_ratio_current', 0.25, pgtrickle.change_ratio_score(f.change_ratio_current)),
    ('change_ratio_avg', CASE WHEN f.history_rows_diff < 10 THEN 0.10 ELSE 0.30 END,
        pgtrickle.change_ratio_score(f.change_ratio_avg)),
    ('timing', 0.35, CASE WHEN f.history_rows_diff >= 5 AND f.history_rows_full >= 5 AND f.full_avg_ms > 0 THEN
        CASE WHEN f.diff_avg_ms / f.full_avg_ms < 0.3 THEN 1 WHEN f.diff_avg_ms / f.full_avg_ms < 0.7 THEN 0.5
            WHEN f.diff_avg_ms / f.full_avg_ms < 1 THEN 0.2 WHEN f.diff_avg_ms / f.full_avg_ms < 1.5 THEN -0.5
            ELSE -1 END END),
    ('join_complexity', 0.10, CASE WHEN f.join_count = 0 THEN 0.3 WHEN f.join_count <= 2 THEN 0.1
        WHEN f.join_count <= 4 THEN -0.2 WHEN f.join_count > 4 THEN -0.5 END),
    ('target_size', 0.10, CASE WHEN f.target_size_bytes < 1048576 THEN -0.3 WHEN f.target_size_bytes < 104857600 THEN 0.1
        WHEN f.target_size_bytes < 1073741824 THEN 0.5 WHEN f.target_size_bytes IS NOT NULL THEN 0.8 END),
    ('covering_index', 0.05, CASE WHEN f.has_covering_index THEN 0.2 ELSE -0.2 END),
    ('latency_spread', 0.05, CASE WHEN f.diff_p50_ms > 0 THEN CASE WHEN f.diff_p95_ms / f.diff_p50_ms < 2 THEN 0.2
        WHEN f.diff_p95_ms / f.diff_p50_ms < 5 THEN 0 ELSE -0.3 END END)) g(name, weight, score);
GRANT SELECT ON pgtrickle.mode_signals TO PUBLIC;

CREATE FUNCTION pgtrickle.recommendations(id bigint) RETURNS TABLE (pgt_schema text, pgt_name text, current_mode text,
    effective_mode text, recommended_mode text, confidence text, reason text, signals jsonb)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.pgt_schema, s.pgt_name, s.refresh_mode, m.effective,
           r.recommended, CASE
               WHEN c.known >= 0.8 * c.total THEN 'high'
               WHEN c.known >= 0.5 * c.total OR c.strong THEN 'medium' ELSE 'low' END,
           CASE
               WHEN s.refresh_mode = 'IMMEDIATE' THEN 'It is maintained by the writing transactions.'
               WHEN m.full_only THEN 'Its query can only be recomputed.'
               WHEN abs(c.score) <= 0.15 THEN format('The signals are balanced (%s).', round(c.score, 2))
               WHEN r.recommended = 'KEEP' THEN format('The signals confirm the mode (%s).', round(c.score, 2))
               ELSE format('The signals are for %s (%s), most of all %s.', r.recommended, round(c.score, 2), c.heaviest) END,
           jsonb_build_object('change_ratio_current', f.change_ratio_current, 'change_ratio_avg', f.change_ratio_avg,
               'diff_avg_ms', f.diff_avg_ms, 'full_avg_ms', f.full_avg_ms, 'diff_p95_ms', f.diff_p95_ms,
               'target_size_bytes', f.target_size_bytes, 'join_count', f.join_count,
               'has_covering_index', f.has_covering_index, 'history_rows_diff', f.history_rows_diff,
               'history_rows_full', f.history_rows_full, 'composite_score', round(c.score, 4), 'signals', c.signals)
    FROM pgtrickle.readable_stream_tables s
    JOIN pgtrickle.mode_facts f ON f.pgt_id = s.pgt_id
    JOIN (SELECT g.pgt_id, coalesce(sum(g.score * g.weight), 0) AS score, sum(g.weight) AS total,
                 coalesce(sum(g.weight) FILTER (WHERE g.score IS NOT NULL), 0) AS known,
                 coalesce(bool_or(g.weight >= 0.25 AND abs(g.score) >= 0.7), false) AS strong,
                 (array_agg(g.name ORDER BY abs(g.score * g.weight) DESC NULLS LAST))[1] AS heaviest,
                 jsonb_agg(jsonb_build_object('name', g.name, 'score', g.score, 'weight', g.weight) ORDER BY g.name)
                     FILTER (WHERE g.score IS NOT NULL) AS signals
          FROM pgtrickle.mode_signals g GROUP BY g.pgt_id) c ON c.pgt_id = s.pgt_id
    CROSS JOIN LATERAL (
        SELECT coalesce(nullif(s.effective_refresh_mode, 'NO_DATA'), s.refresh_mode) AS effective,
               s.refresh_mode = 'FULL' AND s.requested_refresh_mode <> 'FULL' AS full_only) m
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN s.refresh_mode = 'IMMEDIATE' OR m.full_only OR abs(c.score) <= 0.15
                OR (c.score > 0) = (m.effective <> 'FULL') OR (c.score > 0) = (s.refresh_mode <> 'FULL') THEN 'KEEP'
            WHEN c.score > 0 THEN 'DIFFERENTIAL' ELSE 'FULL' END AS recommended) r
    WHERE id IS NULL OR s.pgt_id = id ORDER BY s.pgt_schema, s.pgt_name
$$;

-- Which refresh mode the catalog and the history speak for: of one stream table, or of all. join_count is the number of
-- sources less one.
CREATE FUNCTION pgtrickle.recommend_refresh_mode(st_name text DEFAULT NULL) RETURNS TABLE (pgt_schema text,
    pgt_name text, current_mode text, effective_mode text, recommended_mode text, confidence text, reason text,
    signals jsonb)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.pgt_schema, r.pgt_name, r.current_mode, r.effective_mode, r.recommended_mode, r.confidence, r.reason, r.signals
    FROM pgtrickle.recommendations(pgtrickle.require_stream_table(st_name)) r;
END;
