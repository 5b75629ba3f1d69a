package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Names that are given to functions of the SQL API.
final class NamesInSqlTest extends DatabaseTest {

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, g int, v int)",
                "INSERT INTO t SELECT i, i % 3, i FROM generate_series(1, 9) i");
    }

    private static List<String> row(String... values) {
        return List.of(values);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "list_auxiliary_columns",
                "diagnose_errors",
                "list_sources",
                "explain_refresh_mode",
                "export_definition",
                "recommend_refresh_mode"
            })
    void anUnknownNameIsAnError(String function) {
        for (String name : List.of("nobody", "public.nobody", "t", "other.schema")) {
            Throwable error =
                    catchThrowable(() ->
                            database.query(
                                    "SELECT * FROM pgtrickle." + function + "('" + name + "')"));
            assertThat(error).as(name).hasMessageContaining("stream table not found: " + name);
        }
        for (String name : List.of("", "a.b.c", "a b", "\"open")) {
            Throwable error =
                    catchThrowable(() ->
                            database.query(
                                    "SELECT * FROM pgtrickle." + function + "('" + name + "')"));
            assertThat(error).as(name).hasMessageContaining("invalid name: \"" + name + "\"");
        }
    }

    @Test
    void namesAreResolvedAsPostgresqlDoes() {
        database.execute(
                "CREATE SCHEMA \"Odd.One\"",
                "CREATE SCHEMA front",
                "CREATE TABLE front.hidden (v int)");
        String odd = "\"Odd.One\".\"it's \"\"S\"\" x\"";
        create(odd, "SELECT id FROM t");
        create("\"UPPER\"", "SELECT id FROM t");
        create("hidden", "SELECT id FROM t");
        String sources = "SELECT count(*) FROM pgtrickle.get_refresh_history($$%s$$)";
        assertThat(database.value(sources.formatted(odd))).isEqualTo("1");
        assertThat(database.value(sources.formatted("\"UPPER\""))).isEqualTo("1");
        assertThat(database.value(sources.formatted("upper"))).isEqualTo("0");
        assertThat(database.value(sources.formatted(" PUBLIC . Hidden "))).isEqualTo("1");
        assertThat(database.value(sources.formatted("\"Odd\".\"One.it\""))).isEqualTo("0");
        try (Session session = database.session()) {
            session.execute("SET search_path = \"Odd.One\"");
            assertThat(session.value(sources.formatted("\"it's \"\"S\"\" x\""))).isEqualTo("1");
            assertThat(session.value(sources.formatted("hidden"))).isEqualTo("0");
            session.execute("SET search_path = front, public");
            assertThat(session.value(sources.formatted("hidden"))).isEqualTo("0");
            session.execute("SET search_path = public, front");
            assertThat(session.value(sources.formatted("hidden"))).isEqualTo("1");
            session.execute("CREATE TEMPORARY TABLE hidden (v int)");
            assertThat(session.value(sources.formatted("hidden"))).isEqualTo("0");
            assertThat(session.value(sources.formatted("public.hidden"))).isEqualTo("1");
        }
        assertThat(database.query("SELECT name FROM pgtrickle.pgt_status()"))
                .containsExactlyInAnyOrder(row(odd), row("public.\"UPPER\""), row("public.hidden"));
        // Each name that is shown is one that can be given.
        assertThat(
                        database.value(
                                "SELECT bool_and(pgtrickle.stream_table_id(name) IS NOT NULL) FROM pgtrickle.pgt_status()"))
                .isEqualTo("t");
    }

    @Test
    void aStreamTableWhoseTableIsGoneIsStillShown() {
        create("s", "SELECT id FROM t");
        database.execute("DROP EVENT TRIGGER pg_trickle_drop_tracker", "DROP TABLE s");
        assertThat(database.query("SELECT name, status FROM pgtrickle.pgt_status()"))
                .containsExactly(row("public.s", "ACTIVE"));
        assertThat(database.query("SELECT * FROM pgtrickle.get_refresh_history('public.s')"))
                .hasSize(1);
        assertThat(
                        database.query(
                                "SELECT severity, detail FROM pgtrickle.health_check() WHERE check_name = 'storage'"))
                .containsExactly(row("ERROR", "1 stream tables without their table: public.s"));
        for (String relation :
                List.of(
                        "pg_stat_stream_tables",
                        "stream_tables_info",
                        "st_refresh_stats()",
                        "recommend_refresh_mode()",
                        "dependency_tree()",
                        "refresh_efficiency()")) {
            assertThat(database.query("SELECT * FROM pgtrickle." + relation)).isNotEmpty();
        }
    }
}
