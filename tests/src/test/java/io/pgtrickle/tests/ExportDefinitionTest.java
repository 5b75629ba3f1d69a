package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `export_definition`: what it gives is run, and what that asks for is created.
final class ExportDefinitionTest extends DatabaseTest {
    /// Functions with the parameters of the API that write down what they are called with.
    private static final String RECORDER =
            """
            CREATE TABLE public.calls (n serial, name text, query text, schedule text, mode text, tier text, fuse text,
                ceiling bigint, sensitivity int, others text);
            DROP FUNCTION IF EXISTS pgtrickle.create_or_replace_stream_table;
            CREATE FUNCTION pgtrickle.create_or_replace_stream_table(name text, query text,
                schedule text DEFAULT 'calculated', refresh_mode text DEFAULT 'AUTO', initialize bool DEFAULT true,
                diamond_consistency text DEFAULT NULL, diamond_schedule_policy text DEFAULT NULL,
                cdc_mode text DEFAULT NULL, append_only bool DEFAULT false, pooler_compatibility_mode bool DEFAULT false,
                partition_by text DEFAULT NULL, max_differential_joins int DEFAULT NULL,
                max_delta_fraction float8 DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
                INSERT INTO public.calls (name, query, schedule, mode, others) VALUES (name, query, schedule,
                    refresh_mode, pg_catalog.concat_ws(' ', diamond_consistency, diamond_schedule_policy, cdc_mode,
                        append_only, pooler_compatibility_mode, partition_by, max_differential_joins,
                        max_delta_fraction)) $$;
            DROP FUNCTION IF EXISTS pgtrickle.alter_stream_table;
            CREATE FUNCTION pgtrickle.alter_stream_table(name text, query text DEFAULT NULL, tier text DEFAULT NULL,
                fuse text DEFAULT NULL, fuse_ceiling bigint DEFAULT NULL, fuse_sensitivity int DEFAULT NULL)
                RETURNS void LANGUAGE sql AS $$
                INSERT INTO public.calls (name, tier, fuse, ceiling, sensitivity)
                VALUES (name, tier, fuse, fuse_ceiling, fuse_sensitivity) $$
            """;

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int, \"Quo\"\"ted\" text)",
                "CREATE SCHEMA \"Odd.One\"",
                "INSERT INTO t VALUES (1, 1, 'a'), (2, 5, '$query$')");
    }

    private String export(String name) {
        return database.value("SELECT pgtrickle.export_definition($$" + name + "$$)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id, v FROM t",
                "SELECT v, count(*) AS n, sum(id) FROM t GROUP BY v HAVING count(*) > 0",
                "SELECT id, v FROM t ORDER BY v DESC, id LIMIT 1",
                "SELECT id, \"Quo\"\"ted\" || '''$query$;' AS \"T ext\" FROM t WHERE \"Quo\"\"ted\" <> 'it''s \\ $query2$'",
                "SELECT id, '$query' AS a, '$$' AS b, E'line\\nline' AS c FROM t",
                "WITH x AS (SELECT id FROM t) SELECT x.id, t.v FROM x JOIN t USING (id)",
                "SELECT id FROM t UNION ALL SELECT v FROM t"
            })
    void whatIsExportedMakesTheSameStreamTableAgain(String query) {
        String name = "\"Odd.One\".\"it's $query$\"";
        create(name, query);
        String exported = export(name);
        List<List<String>> rows = database.query("SELECT * FROM " + name + " ORDER BY 1, 2");
        database.execute(RECORDER, "SET search_path = pg_catalog; " + exported);
        assertThat(database.query("SELECT name, schedule, mode FROM calls"))
                .containsExactly(List.of(name, "calculated", "DIFFERENTIAL"));
        String again = database.value("SELECT query FROM calls");
        tables.drop(name, io.pgtrickle.runtime.api.DropBehavior.RESTRICT);
        create(name, again);
        assertThat(export(name)).isEqualTo(exported);
        assertThat(database.query("SELECT * FROM " + name + " ORDER BY 1, 2")).isEqualTo(rows);
        assertFresh(name, query);
    }

    @Test
    void everythingThatIsNotADefaultIsExported() {
        tables.create(
                StreamTableDefinition.of("s", "SELECT id FROM t")
                        .withMode(RefreshMode.FULL)
                        .withSchedule("1m30s"));
        assertThat(export("s"))
                .isEqualTo(
                        """
                        SELECT pgtrickle.create_or_replace_stream_table(
                            name => 'public.s',
                            query => $query$SELECT id
                           FROM public.t$query$,
                            schedule => '1m30s',
                            refresh_mode => 'FULL');
                        """);
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET diamond_consistency = 'none', requested_cdc_mode = 'trigger',"
                        + " is_append_only = true, pooler_compatibility_mode = true, st_partition_key = 'LIST:it''s',"
                        + " max_differential_joins = 7, max_delta_fraction = 0.25, refresh_tier = 'cold', fuse_mode = 'auto',"
                        + " fuse_ceiling = 100, fuse_sensitivity = 2");
        database.execute(RECORDER, export("s"));
        assertThat(
                        database.query(
                                "SELECT name, schedule, mode, others, tier, fuse, ceiling, sensitivity FROM calls ORDER BY n"))
                .containsExactly(
                        List.of(
                                "public.s",
                                "1m30s",
                                "FULL",
                                "none trigger t t LIST:it's 7 0.25",
                                "null",
                                "null",
                                "null",
                                "null"),
                        List.of("public.s", "null", "null", "null", "cold", "auto", "100", "2"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "$",
                "$query",
                "a$query$b",
                "$query$$query2$",
                "$query$ $query2",
                "'",
                "\\"
            })
    void dollarQuotesNeverEndInsideTheText(String text) {
        String literal = "'" + text.replace("'", "''") + "'";
        String quoted = database.value("SELECT pgtrickle.dollar_quoted(" + literal + ")");
        assertThat(database.value("SELECT " + quoted)).isEqualTo(text);
    }
}
