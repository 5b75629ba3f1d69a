-- Reading settings. They are custom settings, which PostgreSQL takes as they are: what they hold is checked when it is read.

-- A number with an optional unit as a number of `unit`; NULL when it is none.
CREATE FUNCTION pgtrickle.number_in_unit(given text, unit text) RETURNS numeric
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    WITH parts AS (
        SELECT p[1]::numeric AS number, p[2] AS suffix
        FROM regexp_match(given, '^\s*([+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*([a-zA-Z]*)\s*$') AS p
    ), units(kind, name, size) AS (
        VALUES ('time', 'us', 0.001), ('time', 'ms', 1), ('time', 's', 1000), ('time', 'min', 60000),
            ('time', 'h', 3600000), ('time', 'd', 86400000),
            ('memory', 'kB', 1), ('memory', 'MB', 1024), ('memory', 'GB', 1048576), ('memory', 'TB', 1073741824)
    )
    SELECT CASE WHEN suffix = '' THEN number
        ELSE (SELECT number * u.size / b.size FROM units u JOIN units b ON b.kind = u.kind AND b.name = unit
              WHERE u.name = suffix) END
    FROM parts
$$;

-- What may be written for a setting, as a sentence.
CREATE FUNCTION pgtrickle.setting_hint(setting text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'Use ' || CASE d.type
        WHEN 'bool' THEN 'true or false'
        WHEN 'enum' THEN array_to_string(d.allowed_values, ', ')
        WHEN 'int' THEN format('a whole number from %s to %s', d.min_value, d.max_value)
        ELSE format('a number from %s to %s', d.min_value, d.max_value) END
        || coalesce(', in ' || d.unit, '') || '.'
    FROM pgtrickle.setting_definitions() d WHERE d.name = setting
$$;

-- Checks a text for a setting: its value in the form of the defaults, or what is wrong with it.
CREATE FUNCTION pgtrickle.check_setting(setting text, given text, OUT value text, OUT error text)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d record;
    number numeric;
    word text := lower(btrim(given, E' \t\n'));
BEGIN
    SELECT * INTO d FROM pgtrickle.setting_definitions() f WHERE f.name = setting;
    IF d.type = 'bool' THEN
        value := CASE
            WHEN word <> '' AND (starts_with('true', word) OR starts_with('yes', word) OR word IN ('on', '1')) THEN 'true'
            WHEN word <> '' AND (starts_with('false', word) OR starts_with('no', word) OR word IN ('of', 'off', '0'))
                THEN 'false' END;
        error := CASE WHEN value IS NULL THEN 'It is neither true nor false.' END;
    ELSIF d.type = 'enum' THEN
        value := CASE WHEN word = ANY (d.allowed_values) THEN word
            WHEN word = split_part(d.alias, '=', 1) THEN split_part(d.alias, '=', 2) END;
        error := CASE WHEN value IS NULL THEN 'It is not one of its values.' END;
    ELSE
        number := pgtrickle.number_in_unit(given, d.unit);
        error := CASE
            WHEN number IS NULL THEN 'It is not a number' || coalesce(' of ' || d.unit, '') || '.'
            WHEN d.type = 'int' AND number <> trunc(number) THEN 'It is not a whole number'
                || coalesce(' of ' || d.unit, '') || '.'
            WHEN number < d.min_value OR number > d.max_value
                THEN format('It is outside the range %s to %s.', d.min_value, d.max_value) END;
        value := CASE WHEN error IS NULL THEN trim_scale(number)::text END;
    END IF;
END
$$;

-- The text a setting has in this session, NULL for none, and where it comes from.
CREATE FUNCTION pgtrickle.setting_text(setting text, OUT given text, OUT source text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    full_name text := 'pg_trickle.' || setting;
    at_start text;
    stored record;
BEGIN
    given := nullif(current_setting(full_name, true), '');
    IF given IS NULL THEN
        source := 'default';
        RETURN;
    END IF;
    -- What the session would fall back to: the sub-transaction is rolled back, and so is this.
    BEGIN
        PERFORM set_config(full_name, NULL, true);
        at_start := nullif(current_setting(full_name, true), '');
        RAISE EXCEPTION USING ERRCODE = 'PT000';
    EXCEPTION WHEN SQLSTATE 'PT000' THEN
        NULL;
    END;
    IF at_start IS DISTINCT FROM given THEN
        source := 'session';
        RETURN;
    END IF;
    SELECT * INTO stored FROM pgtrickle.stored_settings() s WHERE s.name = full_name ORDER BY s.rank LIMIT 1;
    IF stored.value = given THEN
        source := stored.source;
    ELSIF has_function_privilege('pg_show_all_file_settings()', 'EXECUTE')
            AND has_table_privilege('pg_file_settings', 'SELECT') THEN
        source := CASE WHEN given = (SELECT f.setting FROM pg_file_settings f WHERE lower(f.name) = full_name
                                     ORDER BY f.seqno DESC LIMIT 1)
            THEN 'configuration file' ELSE 'connection' END;
    ELSE
        source := 'configuration file or connection';
    END IF;
END
$$;

-- What ALTER ROLE and ALTER DATABASE have stored for this database and session, the strongest first.
CREATE FUNCTION pgtrickle.stored_settings(OUT name text, OUT value text, OUT source text, OUT rank int)
RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT lower(split_part(c.entry, '=', 1)), substr(c.entry, position('=' IN c.entry) + 1),
           CASE WHEN s.setrole <> 0 THEN 'role' WHEN s.setdatabase <> 0 THEN 'database' ELSE 'all roles' END,
           CASE WHEN s.setrole <> 0 THEN 0 ELSE 2 END + CASE WHEN s.setdatabase <> 0 THEN 0 ELSE 1 END
    FROM pg_db_role_setting s CROSS JOIN LATERAL unnest(s.setconfig) c(entry)
    WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
      AND s.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))
      AND lower(c.entry) LIKE 'pg\_trickle.%'
$$;

-- Every setting as this session has it; value is the text as it stands when it is not valid. Names that ALTER ROLE or ALTER
-- DATABASE has stored and that are no settings follow.
CREATE FUNCTION pgtrickle.settings(OUT name text, OUT value text, OUT default_value text, OUT unit text,
    OUT min_value numeric, OUT max_value numeric, OUT allowed_values text[], OUT source text, OUT description text,
    OUT valid boolean, OUT error text, OUT effect text) RETURNS SETOF record
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT 'pg_trickle.' || d.name, CASE WHEN t.given IS NULL THEN d.default_value ELSE coalesce(c.value, t.given) END,
           d.default_value, d.unit, d.min_value, d.max_value,
           CASE d.type WHEN 'bool' THEN ARRAY['true', 'false'] ELSE d.allowed_values END, t.source, d.description,
           t.given IS NULL OR c.error IS NULL,
           CASE WHEN t.given IS NOT NULL THEN c.error || ' ' || pgtrickle.setting_hint(d.name) END, d.effect
    FROM pgtrickle.setting_definitions() d
    CROSS JOIN LATERAL pgtrickle.setting_text(d.name) t
    CROSS JOIN LATERAL pgtrickle.check_setting(d.name, t.given) c
    UNION ALL
    SELECT s.name, s.value, NULL, NULL, NULL, NULL, NULL, s.source, NULL, false, 'There is no such setting.', 'none'
    FROM pgtrickle.stored_settings() s
    WHERE s.name NOT IN (SELECT 'pg_trickle.' || d.name FROM pgtrickle.setting_definitions() d)
    ORDER BY 1
$$;

-- Tells what a session of this role would find now from what it would have found before: what is stored, and what this
-- session has, which follows the server's configuration files; and one version from another.
CREATE FUNCTION pgtrickle.settings_mark() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT md5(concat(
        (SELECT string_agg(v.version, ',' ORDER BY v.version) FROM pgtrickle.pgt_schema_version v), ';',
        (SELECT string_agg(s::text, ',' ORDER BY s.setdatabase, s.setrole) FROM pg_db_role_setting s
         WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
           AND s.setrole IN (0, (SELECT r.oid FROM pg_roles r WHERE r.rolname = session_user))), ';',
        (SELECT string_agg(row(d.name, current_setting('pg_trickle.' || d.name, true))::text, ',' ORDER BY d.name)
         FROM pgtrickle.setting_definitions() d)))
$$;

-- The value of a setting in the form of its default, with or without the prefix in its name. 22023 when what is set is not
-- allowed, 42704 for a name that is no setting.
CREATE FUNCTION pgtrickle.setting(name text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    short text := regexp_replace(lower(name), '^pg_trickle\.', '');
    found text;
    t record;
    c record;
BEGIN
    SELECT d.default_value INTO found FROM pgtrickle.setting_definitions() d WHERE d.name = short;
    IF found IS NULL THEN
        RAISE EXCEPTION 'unrecognized configuration parameter "pg_trickle.%"', short USING ERRCODE = 'undefined_object',
            HINT = 'List them with "SELECT * FROM pgtrickle.settings()".';
    END IF;
    IF coalesce(current_setting('pg_trickle.' || short, true), '') = '' THEN
        RETURN found;
    END IF;
    SELECT * INTO c FROM pgtrickle.check_setting(short, current_setting('pg_trickle.' || short));
    IF c.error IS NOT NULL THEN
        SELECT * INTO t FROM pgtrickle.setting_text(short);
        RAISE EXCEPTION 'invalid value for parameter "pg_trickle.%": "%"', short, t.given
            USING ERRCODE = 'invalid_parameter_value',
                DETAIL = c.error || ' It comes from: ' || t.source || '.',
                HINT = pgtrickle.setting_hint(short);
    END IF;
    RETURN c.value;
END
$$;

-- The same, with the default in place of a value that is not allowed: for what reports and must not fail.
CREATE FUNCTION pgtrickle.setting_or_default(setting text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce((SELECT c.value FROM pgtrickle.check_setting(d.name, current_setting('pg_trickle.' || d.name, true)) c),
        d.default_value)
    FROM pgtrickle.setting_definitions() d WHERE d.name = setting
$$;
