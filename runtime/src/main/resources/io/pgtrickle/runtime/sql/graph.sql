-- The graph of stream tables and what they read.

-- Its edges. Views are not nodes: what is under them is an edge of its own.
CREATE VIEW pgtrickle.graph_edges AS
SELECT DISTINCT s.pgt_id, s.pgt_relid AS reader, d.source_relid AS source, u.pgt_id AS source_id
FROM pgtrickle.pgt_stream_tables s JOIN pgtrickle.pgt_dependencies d ON d.pgt_id = s.pgt_id
LEFT JOIN pgtrickle.pgt_stream_tables u ON u.pgt_relid = d.source_relid
WHERE d.source_type <> 'VIEW';
GRANT SELECT ON pgtrickle.graph_edges TO PUBLIC;

-- The stream tables as a forest: under each one the tables it reads, then the stream tables that read it. One with several
-- parents is shown under each of them, and its own readers under the first.
CREATE FUNCTION pgtrickle.dependency_tree() RETURNS TABLE (tree_line text, node text, node_type text, depth int,
    status text, refresh_mode text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- What is left to show, the next one last: relation, lines before it, whether it is the last one of its parent.
    todo_relation oid[];
    todo_depth int[];
    todo_indent text[];
    todo_last boolean[];
    remaining oid[];
    shown oid[] := '{}';
    relation oid;
    indent text;
    is_last boolean;
    top int;
    s record;
    child record;
BEGIN
    remaining := ARRAY(
        SELECT t.pgt_relid FROM pgtrickle.readable_stream_tables t
        ORDER BY EXISTS (SELECT FROM pgtrickle.graph_edges e WHERE e.pgt_id = t.pgt_id AND e.source_id IS NOT NULL),
            t.pgt_schema, t.pgt_name);
    -- Those without parents come first; what is not under them is in a cycle or under one.
    WHILE cardinality(remaining) > 0 LOOP
        IF remaining[1] <> ALL (shown) THEN
            todo_relation := remaining[1:1];
            todo_depth := ARRAY[0];
            todo_indent := ARRAY[''];
            todo_last := ARRAY[true];
        END IF;
        remaining := remaining[2:];
        WHILE cardinality(todo_relation) > 0 LOOP
            top := cardinality(todo_relation);
            relation := todo_relation[top];
            depth := todo_depth[top];
            indent := todo_indent[top];
            is_last := todo_last[top];
            todo_relation := todo_relation[:top - 1];
            todo_depth := todo_depth[:top - 1];
            todo_indent := todo_indent[:top - 1];
            todo_last := todo_last[:top - 1];
            SELECT t.pgt_id, t.status, t.refresh_mode, format('%I.%I', t.pgt_schema, t.pgt_name) AS name INTO s
            FROM pgtrickle.readable_stream_tables t WHERE t.pgt_relid = relation;
            node := coalesce(s.name, pgtrickle.relation_name(relation));
            node_type := CASE WHEN s.pgt_id IS NULL THEN 'source_table' ELSE 'stream_table' END;
            status := s.status;
            refresh_mode := s.refresh_mode;
            tree_line := indent || CASE WHEN depth = 0 THEN '' WHEN is_last THEN '`-- ' ELSE '|-- ' END || node
                || CASE WHEN s.pgt_id IS NULL THEN ' [src]' WHEN relation = ANY (shown) THEN ' (see above)' ELSE '' END;
            RETURN NEXT;
            CONTINUE WHEN s.pgt_id IS NULL OR relation = ANY (shown);
            shown := shown || relation;
            indent := indent || CASE WHEN depth = 0 THEN '' WHEN is_last THEN '    ' ELSE '|   ' END;
            is_last := true;
            FOR child IN
                SELECT c.relation FROM (
                    SELECT e.source AS relation, false AS reads FROM pgtrickle.graph_edges e
                    WHERE e.pgt_id = s.pgt_id AND e.source_id IS NULL
                    UNION ALL
                    SELECT e.reader, true FROM pgtrickle.graph_edges e WHERE e.source_id = s.pgt_id) c
                ORDER BY c.reads DESC, pgtrickle.relation_name(c.relation) DESC
            LOOP
                todo_relation := todo_relation || child.relation;
                todo_depth := todo_depth || depth + 1;
                todo_indent := todo_indent || indent;
                todo_last := todo_last || is_last;
                is_last := false;
            END LOOP;
        END LOOP;
    END LOOP;
END
$$;

-- Numbers the cycles of stream tables, each with the smallest id of its members: whenever edges have changed that can open or
-- close one. Members are those that reach each other; one that reads itself is a cycle of its own.
CREATE FUNCTION pgtrickle._mark_cycles() RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE edge AS MATERIALIZED (
        SELECT e.pgt_id, e.source_id FROM pgtrickle.graph_edges e WHERE e.source_id IS NOT NULL
    ), above(node, ancestor) AS (
        SELECT e.pgt_id, e.source_id FROM edge e
        UNION
        SELECT a.node, e.source_id FROM above a JOIN edge e ON e.pgt_id = a.ancestor
    ), cycle AS (
        SELECT a.node, min(a.ancestor)::int AS first FROM above a JOIN above b ON b.node = a.ancestor AND b.ancestor = a.node
        GROUP BY a.node
    )
    UPDATE pgtrickle.pgt_stream_tables s SET scc_id = c.first, last_fixpoint_iterations = NULL
    FROM pgtrickle.pgt_stream_tables t LEFT JOIN cycle c ON c.node = t.pgt_id
    WHERE s.pgt_id = t.pgt_id AND s.scc_id IS DISTINCT FROM c.first
$$;
REVOKE ALL ON FUNCTION pgtrickle._mark_cycles() FROM PUBLIC;

-- The diamonds: for each stream table whose sources have a common ancestor, itself and the stream tables between the two.
CREATE FUNCTION pgtrickle._diamonds() RETURNS TABLE (convergence oid, member oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE node AS MATERIALIZED (
        -- A cycle is one node: its first member stands for all.
        SELECT s.pgt_relid AS relation, coalesce(min(s.pgt_relid) OVER (PARTITION BY s.scc_id), s.pgt_relid) AS node
        FROM pgtrickle.pgt_stream_tables s WHERE s.scc_id IS NOT NULL
    ), edge AS MATERIALIZED (
        SELECT DISTINCT coalesce(r.node, e.reader) AS reader, coalesce(s.node, e.source) AS source
        FROM pgtrickle.graph_edges e LEFT JOIN node r ON r.relation = e.reader LEFT JOIN node s ON s.relation = e.source
        WHERE coalesce(r.node, e.reader) <> coalesce(s.node, e.source)
    ), above(node, ancestor) AS (
        SELECT e.reader, e.source FROM edge e
        UNION
        SELECT a.node, e.source FROM above a JOIN edge e ON e.reader = a.ancestor
    ), self_or_above(node, ancestor) AS MATERIALIZED (
        SELECT a.node, a.ancestor FROM above a
        UNION
        SELECT e.source, e.source FROM edge e
    ), split AS MATERIALIZED (
        -- An ancestor that two sources of a stream table have in common.
        SELECT DISTINCT l.reader AS convergence, l.source AS l, r.source AS r, la.ancestor
        FROM edge l JOIN edge r ON r.reader = l.reader AND r.source > l.source
        JOIN self_or_above la ON la.node = l.source
        JOIN self_or_above ra ON ra.node = r.source AND ra.ancestor = la.ancestor
    ), nearest AS (
        SELECT DISTINCT s.convergence, s.ancestor FROM split s WHERE NOT EXISTS (
            SELECT FROM split o JOIN above a ON a.node = o.ancestor AND a.ancestor = s.ancestor
            WHERE o.convergence = s.convergence AND o.l = s.l AND o.r = s.r AND o.ancestor <> s.ancestor)
    ), member(convergence, node) AS (
        SELECT n.convergence, n.convergence FROM nearest n
        UNION
        SELECT n.convergence, up.ancestor
        FROM nearest n JOIN above up ON up.node = n.convergence
        JOIN above down ON down.node = up.ancestor AND down.ancestor = n.ancestor
    )
    SELECT m.convergence, coalesce(n.relation, m.node) FROM member m LEFT JOIN node n ON n.node = m.node
$$;

-- The diamonds; those that share a stream table are one group. Groups are found anew with every call, so no epochs are
-- counted.
CREATE FUNCTION pgtrickle.diamond_groups() RETURNS TABLE (group_id int, member_name text, member_schema text,
    is_convergence boolean, epoch bigint, schedule_policy text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE diamond AS MATERIALIZED (
        SELECT d.convergence, d.member FROM pgtrickle._diamonds() d
    ), together(first, node) AS (
        SELECT d.convergence, d.member FROM diamond d
        UNION
        SELECT t.first, n.member FROM together t JOIN diamond m ON m.member = t.node
        JOIN diamond n ON n.convergence = m.convergence
    ), grouped AS (
        SELECT t.node, min(t.first) AS first FROM together t GROUP BY t.node
    )
    SELECT dense_rank() OVER (ORDER BY g.first)::int, s.pgt_name, s.pgt_schema, c.is_convergence, 0::bigint,
           max(CASE WHEN c.is_convergence THEN s.diamond_schedule_policy END) OVER (PARTITION BY g.first)
    FROM grouped g JOIN pgtrickle.readable_stream_tables s ON s.pgt_relid = g.node
    CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM diamond d WHERE d.convergence = g.node) AS is_convergence) c
    ORDER BY 1, s.pgt_schema, s.pgt_name
$$;

-- What is refreshed in one transaction at one snapshot: diamonds whose members all want that, the groups that users have
-- made, with what is between their members, and cycles. They can overlap. slowest: it waits until all members are due.
CREATE FUNCTION pgtrickle._atomic_groups() RETURNS TABLE (members bigint[], slowest boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH RECURSIVE diamond AS (
        SELECT array_agg(s.pgt_id) AS members,
               bool_or(s.pgt_relid = d.convergence AND s.diamond_schedule_policy = 'slowest') AS slowest
        FROM pgtrickle._diamonds() d JOIN pgtrickle.pgt_stream_tables s ON s.pgt_relid = d.member
        GROUP BY d.convergence HAVING bool_and(s.diamond_consistency = 'atomic')
    ), declared AS (
        SELECT g.group_id, s.pgt_id FROM pgtrickle.pgt_refresh_groups g
        JOIN pgtrickle.pgt_stream_tables s ON s.pgt_relid = ANY (g.member_oids)
    ), below(group_id, pgt_id) AS (
        SELECT d.group_id, d.pgt_id FROM declared d
        UNION
        SELECT b.group_id, e.pgt_id FROM below b JOIN pgtrickle.graph_edges e ON e.source_id = b.pgt_id
    ), above(group_id, pgt_id) AS (
        SELECT d.group_id, d.pgt_id FROM declared d
        UNION
        SELECT a.group_id, e.source_id FROM above a JOIN pgtrickle.graph_edges e ON e.pgt_id = a.pgt_id
        WHERE e.source_id IS NOT NULL
    )
    SELECT d.members, d.slowest FROM diamond d WHERE cardinality(d.members) > 1
    UNION ALL
    SELECT array_agg(b.pgt_id), false FROM below b JOIN above a USING (group_id, pgt_id)
    GROUP BY b.group_id HAVING count(*) > 1
    UNION ALL
    SELECT array_agg(s.pgt_id), false FROM pgtrickle.pgt_stream_tables s WHERE s.scc_id IS NOT NULL
    GROUP BY s.scc_id HAVING count(*) > 1
$$;
REVOKE ALL ON FUNCTION pgtrickle._atomic_groups() FROM PUBLIC;

-- Tells one graph with its groups from another.
CREATE FUNCTION pgtrickle._graph_mark() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT md5(concat_ws(' ',
        (SELECT string_agg(concat_ws(':', d.pgt_id, d.source_relid, d.buffer_name), ','
                ORDER BY d.pgt_id, d.source_relid, d.buffer_name)
         FROM pgtrickle.pgt_dependencies d),
        (SELECT string_agg(concat_ws(':', s.pgt_id, s.pgt_relid, s.refresh_mode, s.diamond_consistency,
                s.diamond_schedule_policy, s.scc_id), ','
                ORDER BY s.pgt_id) FROM pgtrickle.pgt_stream_tables s),
        (SELECT string_agg(concat_ws(':', g.group_id, g.member_oids), ',' ORDER BY g.group_id)
         FROM pgtrickle.pgt_refresh_groups g)))
$$;
REVOKE ALL ON FUNCTION pgtrickle._graph_mark() FROM PUBLIC;

-- Tells a service that there are other edges. Not by the trigger that runs at commit: a transaction that also drops
-- everything could not commit with that.
CREATE FUNCTION pgtrickle._graph_changes() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO pgtrickle_changes.wake VALUES (pg_current_xact_id(), 'catalog', false);
    IF current_setting('pg_trickle.fills', true) IS DISTINCT FROM 'on' THEN
        PERFORM pg_notify('pgtrickle_wake', 'catalog');
    END IF;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION pgtrickle._graph_changes() FROM PUBLIC;
CREATE TRIGGER graph_changes AFTER INSERT OR UPDATE OR DELETE ON pgtrickle.pgt_dependencies
    FOR EACH STATEMENT EXECUTE FUNCTION pgtrickle._graph_changes();

-- Cycles of stream tables. A failed refresh changes nothing, so the last one with data is the last that came to rest.
CREATE FUNCTION pgtrickle.pgt_scc_status() RETURNS TABLE (scc_id int, member_count int, members text[],
    last_iterations int, last_converged_at timestamptz)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT s.scc_id, count(*)::int, array_agg(format('%I.%I', s.pgt_schema, s.pgt_name) ORDER BY s.pgt_schema, s.pgt_name),
           max(s.last_fixpoint_iterations), max(s.data_timestamp) FILTER (WHERE s.last_fixpoint_iterations IS NOT NULL)
    FROM pgtrickle.readable_stream_tables s WHERE s.scc_id IS NOT NULL GROUP BY s.scc_id ORDER BY s.scc_id;
END;
