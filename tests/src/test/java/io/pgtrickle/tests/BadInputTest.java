package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/// What is refused is refused clearly and leaves nothing behind.
final class BadInputTest extends DatabaseTest {
    private static final String OBJECTS =
            """
            SELECT (SELECT count(*) FROM pg_class WHERE relnamespace NOT IN (SELECT oid FROM pg_namespace
                        WHERE nspname LIKE 'pg\\_t%')) AS classes,
                   (SELECT count(*) FROM pg_proc) AS functions,
                   (SELECT count(*) FROM pg_trigger) AS triggers,
                   (SELECT count(*) FROM pg_type WHERE typnamespace NOT IN (SELECT oid FROM pg_namespace
                        WHERE nspname LIKE 'pg\\_t%')) AS types,
                   (SELECT count(*) FROM pgtrickle.pgt_stream_tables) AS stream_tables,
                   (SELECT count(*) FROM pgtrickle.pgt_dependencies) AS dependencies,
                   (SELECT count(*) FROM pgtrickle.pgt_change_tracking) AS sources
            """;

    private List<List<String>> before = List.of();

    @BeforeEach
    void source() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, v int, w text)",
                "INSERT INTO t VALUES (1, 1, 'a')");
        before = database.query(OBJECTS);
    }

    private PgTrickleException refused(StreamTables as, StreamTableDefinition definition) {
        PgTrickleException error =
                catchThrowableOfType(PgTrickleException.class, () -> as.create(definition));
        assertThat(error).as(definition.toString()).isNotNull();
        assertThat(error.getMessage()).isNotBlank();
        assertThat(error.sqlState()).hasSize(5);
        assertThat(database.query(OBJECTS)).isEqualTo(before);
        return error;
    }

    private PgTrickleException refused(String query) {
        return refused(tables, StreamTableDefinition.of("s", query));
    }

    @Test
    void anUnknownTableIsPostgresOwnErrorWithItsPosition() {
        PgTrickleException error = refused("SELECT * FROM nowhere");
        assertThat(error.sqlState()).isEqualTo("42P01");
        assertThat(error).hasMessageContaining("nowhere");
        assertThat(error.position()).isEqualTo(15);
    }

    @Test
    void anUnknownColumnIsPostgresOwnErrorWithItsPosition() {
        PgTrickleException error = refused("SELECT id, nothing FROM t");
        assertThat(error.sqlState()).isEqualTo("42703");
        assertThat(error.position()).isEqualTo(12);
    }

    @Test
    void aSyntaxErrorHasItsPosition() {
        PgTrickleException error = refused("SELECT id FORM t");
        assertThat(error.sqlState()).isEqualTo("42601");
        assertThat(error.position()).isGreaterThan(0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "   ", "\n\t", ";", "-- only a comment"})
    void anEmptyQueryIsRefused(String query) {
        assertThat(refused(query).sqlState()).startsWith("42");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT id FROM t; SELECT 1",
                "SELECT id FROM t; DROP TABLE t",
                "SELECT id FROM t) AS x; DROP TABLE t; --",
                "INSERT INTO t VALUES (2) RETURNING id",
                "WITH x AS (DELETE FROM t RETURNING id) SELECT id FROM x",
                "DELETE FROM t",
                "CREATE TABLE x ()",
                "SELECT id INTO x FROM t",
                "TABLE t; TABLE t"
            })
    void whatIsNotOneSelectIsRefused(String query) {
        refused(query);
        assertThat(database.value("SELECT count(*) FROM t")).isEqualTo("1");
        assertThat(database.value("SELECT to_regclass('x')")).isEqualTo("null");
    }

    @Test
    void aTakenNameIsRefused() {
        PgTrickleException table =
                refused(tables, StreamTableDefinition.of("t", "SELECT id FROM t"));
        assertThat(table.sqlState()).isEqualTo("42P07");
        create("s", "SELECT id FROM t");
        before = database.query(OBJECTS);
        PgTrickleException streamTable = refused("SELECT v FROM t");
        assertThat(streamTable.sqlState()).isEqualTo("42P07");
        assertThat(streamTable).hasMessageContaining("stream table already exists");
        refresh("s");
        assertFresh("s", "SELECT id FROM t");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a.b.c.d", "\"open", "nowhere.s", "\"\""})
    void aNameThatCannotBeIsRefused(String name) {
        refused(tables, StreamTableDefinition.of(name, "SELECT id FROM t"));
    }

    @Test
    void aNameOf64BytesIsRefusedOrCutByPostgresRulesButNeverMixedUp() {
        String name = "a".repeat(64);
        try {
            tables.create(StreamTableDefinition.of(name, "SELECT id FROM t"));
        } catch (PgTrickleException e) {
            assertThat(e.sqlState()).isEqualTo("42622");
            return;
        }
        assertThat(database.value("SELECT count(*) FROM " + name.substring(0, 63))).isEqualTo("1");
        assertThat(tables.status(name.substring(0, 63)).populated()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "soon", "-1s", "0s", "5 parsecs", "99999999999999999999s", "s5"})
    void aBadScheduleNamesTheTextAndWhatIsAllowed(String schedule) {
        PgTrickleException error =
                refused(
                        tables,
                        StreamTableDefinition.of("s", "SELECT id FROM t").withSchedule(schedule));
        assertThat(error.sqlState()).isEqualTo("22023");
        assertThat(error.hint()).isPresent();
    }

    @Test
    void volatileFunctionsAreRefusedInDifferentialMode() {
        PgTrickleException error =
                refused(
                        tables,
                        StreamTableDefinition.of("s", "SELECT id, random() AS r FROM t")
                                .withMode(RefreshMode.DIFFERENTIAL));
        assertThat(error.sqlState()).isEqualTo("0A000");
        assertThat(error.getMessage() + error.detail().orElse("")).contains("random");
        assertThat(error.hint()).isPresent();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "SELECT id, random() AS r FROM t|random",
                "SELECT id FROM t WHERE v > (SELECT random() LIMIT 1)|random",
                "SELECT id, xmin::text AS x FROM t|system column xmin",
                "SELECT relname FROM pg_class|system table",
                "SELECT id FROM t JOIN pg_class AS c ON c.oid = t.id|system table",
                "SELECT id FROM t TABLESAMPLE SYSTEM (5)|TABLESAMPLE",
                "SELECT id FROM t LIMIT 3|LIMIT without ORDER BY",
                "SELECT id FROM t FOR SHARE|FOR SHARE",
                "SELECT count(*) AS n FROM t GROUP BY CUBE (id, v, w, id + 1, id + 2, id + 3, id + 4)|64 grouping sets"
            })
    void differentialModeRefusesAnUnsupportedConstructByName(String query, String construct) {
        PgTrickleException error =
                refused(
                        tables,
                        StreamTableDefinition.of("s", query).withMode(RefreshMode.DIFFERENTIAL));
        assertThat(error.sqlState()).isEqualTo("0A000");
        assertThat(error.detail()).isPresent();
        assertThat(error.getMessage() + " " + error.detail().get()).containsIgnoringCase(construct);
        assertThat(error.hint()).isPresent();
    }

    @Test
    void aTableWithMoreColumnsThanATableCanHaveBesideOursIsRefused() {
        String columns =
                IntStream.range(0, 1600)
                        .mapToObj(i -> "c" + i + " int")
                        .collect(Collectors.joining(", "));
        database.execute("CREATE TABLE wide (" + columns + ")");
        before = database.query(OBJECTS);
        refused("SELECT * FROM wide");
        String names =
                IntStream.range(0, 1700)
                        .mapToObj(i -> "id AS c" + i)
                        .collect(Collectors.joining(", "));
        assertThat(refused("SELECT " + names + " FROM t").sqlState()).isEqualTo("54011");
    }

    @Test
    void twoColumnsOfOneNameAreRefused() {
        assertThat(refused("SELECT id, v AS id FROM t").sqlState()).isEqualTo("42701");
    }

    @Test
    void aQueryOverNoTableIsRefused() {
        refused("SELECT 1 AS one");
    }

    @Test
    void anErrorWhileFillingLeavesNothing() {
        database.execute("INSERT INTO t VALUES (2, 0, 'b')");
        assertThat(refused("SELECT 1 / v AS q FROM t").sqlState()).isEqualTo("22012");
    }

    @Test
    void aMissingPrivilegeIsNamed() {
        String role = "poor_" + database.name();
        database.execute(
                "CREATE ROLE " + role + " LOGIN",
                "CREATE SCHEMA own AUTHORIZATION " + role,
                "GRANT USAGE, CREATE ON SCHEMA public TO " + role);
        try {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setURL(database.url());
            source.setUser(role);
            PgTrickleException error =
                    refused(
                            StreamTables.on(source),
                            StreamTableDefinition.of("own.s", "SELECT id FROM public.t"));
            assertThat(error.sqlState()).isEqualTo("42501");
        } finally {
            database.execute("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
        }
    }

    @Test
    void aCycleIsRefused() {
        create("s1", "SELECT id, v FROM t");
        create("s2", "SELECT id FROM s1");
        before = database.query(OBJECTS);
        PgTrickleException error =
                catchThrowableOfType(
                        PgTrickleException.class,
                        () ->
                                tables.alter(
                                        "s1",
                                        io.pgtrickle.runtime.api.Alteration.none()
                                                .withQuery("SELECT id, 1 AS v FROM s2")));
        assertThat(error).isNotNull();
        assertThat(error.getMessage()).containsIgnoringCase("cycle");
        assertThat(database.query(OBJECTS)).isEqualTo(before);
        database.execute("INSERT INTO t VALUES (5, 5, 'x')");
        refresh("s1");
        refresh("s2");
        assertFresh("s1", "SELECT id, v FROM t");
        assertFresh("s2", "SELECT id FROM s1");
    }

    @Test
    void operationsOnWhatDoesNotExistNameIt() {
        for (Runnable operation :
                List.<Runnable>of(
                        () -> tables.refresh("nobody"),
                        () -> tables.drop("nobody", DropBehavior.RESTRICT),
                        () -> tables.status("nobody"),
                        () -> tables.explain("nobody"),
                        () -> tables.history("nobody", 3),
                        () -> tables.refresh("t"))) {
            PgTrickleException error =
                    catchThrowableOfType(PgTrickleException.class, operation::run);
            assertThat(error).isNotNull();
            assertThat(error.sqlState()).hasSize(5);
        }
        assertThat(database.query(OBJECTS)).isEqualTo(before);
    }
}
