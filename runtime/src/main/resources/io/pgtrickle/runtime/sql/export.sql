-- Definitions as SQL.

-- A text between dollar quotes that do not occur in it.
CREATE FUNCTION pgtrickle.dollar_quoted(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $quoted$
DECLARE
    quote text := '$query$';
    n int := 1;
BEGIN
    -- The end of the text and the beginning of the quote must not make another one.
    WHILE position(quote IN given || quote) <= length(given) LOOP
        n := n + 1;
        quote := format('$query%s$', n);
    END LOOP;
    RETURN quote || given || quote;
END
$quoted$;

-- The statements that make a stream table again: here or elsewhere, once or again, whatever the search path.
CREATE FUNCTION pgtrickle.definition_of(id bigint) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s record;
    name text;
    text text;
    altered text;
BEGIN
    SELECT * INTO STRICT s FROM pgtrickle.readable_stream_tables r WHERE r.pgt_id = id;
    name := quote_literal(format('%I.%I', s.pgt_schema, s.pgt_name));
    IF s.defining_query IS NULL THEN
        RAISE EXCEPTION 'permission denied for stream table %', format('%I.%I', s.pgt_schema, s.pgt_name)
            USING ERRCODE = 'insufficient_privilege',
                DETAIL = 'The definition contains the query, which only those see who may read the stream table.',
                HINT = 'Ask its owner for SELECT on it and USAGE on its schema.';
    END IF;
    text := concat_ws(E',\n    ',
        'name => ' || name,
        'query => ' || pgtrickle.dollar_quoted(btrim(regexp_replace(s.defining_query, ';\s*$', ''), E' \n')),
        'schedule => ' || quote_literal(s.schedule),
        'refresh_mode => ' || quote_literal(s.requested_refresh_mode),
        'diamond_consistency => ' || quote_literal(nullif(s.diamond_consistency, 'atomic')),
        'diamond_schedule_policy => ' || quote_literal(nullif(s.diamond_schedule_policy, 'fastest')),
        'cdc_mode => ' || quote_literal(s.requested_cdc_mode),
        CASE WHEN s.is_append_only THEN 'append_only => true' END,
        CASE WHEN s.pooler_compatibility_mode THEN 'pooler_compatibility_mode => true' END,
        'partition_by => ' || quote_literal(s.st_partition_key),
        'max_differential_joins => ' || s.max_differential_joins,
        'max_delta_fraction => ' || s.max_delta_fraction);
    altered := concat_ws(E',\n    ',
        'tier => ' || quote_literal(nullif(s.refresh_tier, 'hot')),
        'fuse => ' || quote_literal(nullif(s.fuse_mode, 'off')),
        'fuse_ceiling => ' || s.fuse_ceiling,
        'fuse_sensitivity => ' || s.fuse_sensitivity);
    RETURN format(E'SELECT pgtrickle.create_or_replace_stream_table(\n    %s);\n', text)
        || CASE WHEN altered = '' THEN ''
           ELSE format(E'SELECT pgtrickle.alter_stream_table(\n    name => %s,\n    %s);\n', name, altered) END;
END
$$;

CREATE FUNCTION pgtrickle.export_definition(st_name text) RETURNS text
LANGUAGE sql STABLE STRICT
RETURN pgtrickle.definition_of(pgtrickle.require_stream_table(st_name));
