package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Every type that a table can have as a column.
final class EveryTypeTest extends DatabaseTest {

    /// Two values of types for which no literal of the list below will do.
    private static final Map<String, List<String>> SAMPLES =
            Map.ofEntries(
                    Map.entry("pg_lsn", List.of("0/1", "A/2")),
                    Map.entry("tid", List.of("(0,1)", "(2,3)")),
                    Map.entry("pg_snapshot", List.of("1:1:", "10:20:10,14")),
                    Map.entry("txid_snapshot", List.of("1:1:", "10:20:10,14")),
                    Map.entry("refcursor", List.of("c", "d")),
                    Map.entry("aclitem", List.of("postgres=r/postgres", "postgres=w/postgres")),
                    Map.entry("regclass", List.of("pg_class", "pg_type")),
                    Map.entry("regproc", List.of("pg_typeof", "version")),
                    Map.entry("regprocedure", List.of("version()", "now()")),
                    Map.entry("regoper", List.of("||/", "|/")),
                    Map.entry("bit", List.of("1", "0")),
                    Map.entry("regoperator", List.of("+(integer,integer)", "-(integer,integer)")),
                    Map.entry("regtype", List.of("int4", "text")),
                    Map.entry("regrole", List.of("pg_monitor", "pg_read_all_data")),
                    Map.entry("regnamespace", List.of("pg_catalog", "public")),
                    Map.entry("regconfig", List.of("simple", "english")),
                    Map.entry("regdictionary", List.of("simple", "english_stem")),
                    Map.entry("regcollation", List.of("\"C\"", "\"POSIX\"")),
                    Map.entry("regdatabase", List.of("template0", "template1")),
                    Map.entry("box", List.of("(1,1),(0,0)", "(2,2),(1,1)")),
                    Map.entry("line", List.of("{1,2,3}", "{3,2,1}")),
                    Map.entry("lseg", List.of("[(0,0),(1,1)]", "[(0,0),(2,2)]")),
                    Map.entry("path", List.of("[(0,0),(1,1)]", "((0,0),(2,2))")),
                    Map.entry("polygon", List.of("((0,0),(1,1))", "((0,0),(2,2),(1,0))")),
                    Map.entry("circle", List.of("<(0,0),1>", "<(1,1),2>")),
                    Map.entry("point", List.of("(0,0)", "(1,2)")),
                    Map.entry("xml", List.of("<a/>", "<b>text</b>")),
                    Map.entry("jsonpath", List.of("$.a", "$.b[*]")),
                    Map.entry("tsquery", List.of("a & b", "c | d")),
                    Map.entry("tsvector", List.of("a b", "c:1 d:2")),
                    Map.entry("interval", List.of("1 day", "24 hours")));

    private static final List<String> LITERALS =
            List.of(
                    "1",
                    "2",
                    "a",
                    "t",
                    "f",
                    "10",
                    "2024-01-01",
                    "2025-02-02",
                    "10:00",
                    "11:30",
                    "[1,2)",
                    "[3,4)",
                    "{1}",
                    "{2}",
                    "{}",
                    "[2024-01-01,2024-02-01)",
                    "[2025-01-01,2025-02-01)",
                    "{[1,2)}",
                    "{[3,4)}",
                    "{[2024-01-01,2024-02-01)}",
                    "{[2025-01-01,2025-02-01)}",
                    "00000000-0000-0000-0000-000000000001",
                    "00000000-0000-0000-0000-000000000002",
                    "08:00:2b:01:02:03",
                    "08:00:2b:01:02:03:04:05",
                    "08:00:2b:01:02:04",
                    "08:00:2b:01:02:03:04:06",
                    "192.168.0.0/24",
                    "10.0.0.0/8",
                    "{\"a\": 1}",
                    "[1, 2]");

    @Test
    void everyBaseTypeOfTheCatalogIsFollowedThroughInsertUpdateAndDelete() {
        List<String> types =
                database
                        .query(
                                """
                                SELECT format_type(oid, NULL) FROM pg_type
                                WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
                                  AND (typcategory <> 'A' OR typname IN ('int2vector', 'oidvector'))
                                ORDER BY oid
                                """)
                        .stream()
                        .map(List::getFirst)
                        .toList();
        assertThat(types)
                .contains(
                        "json",
                        "xml",
                        "point",
                        "money",
                        "bit",
                        "tsvector",
                        "int4range",
                        "int4multirange");
        List<String> followed = new ArrayList<>();
        for (String type : types) {
            List<String> values = values(type);
            if (values.size() > 1) {
                follow(type, values);
                followed.add(type);
            }
        }
        List<String> others = new ArrayList<>(types);
        others.removeAll(followed);
        // Types whose input function takes nothing.
        assertThat(others)
                .containsExactlyInAnyOrderElementsOf(
                        others.stream().filter(it -> it.matches("pg_.*|gtsvector")).toList());
        assertThat(followed).hasSizeGreaterThan(60);
    }

    @Test
    void everyArrayTypeOfTheCatalogIsFollowed() {
        for (String type :
                List.of(
                        "integer[]",
                        "text[]",
                        "numeric[]",
                        "json[]",
                        "point[]",
                        "xml[]",
                        "bit[]",
                        "date[]")) {
            List<String> values =
                    type.startsWith("json") || type.startsWith("xml")
                            ? List.of("{}", "{NULL}")
                            : type.startsWith("point")
                                    ? List.of("{\"(1,2)\"}", "{}")
                                    : type.startsWith("date")
                                            ? List.of("{2024-01-01}", "{{2024-01-01},{2025-01-01}}")
                                            : List.of("{1,0}", "[0:1]={1,0}");
            follow(type, values);
        }
    }

    @Test
    void typesOfOnesOwnAreFollowed() {
        database.execute(
                "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')",
                "CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100)",
                "CREATE DOMAIN document AS json",
                "CREATE TYPE pair AS (a int, b text)",
                "CREATE TYPE odd AS (a json, b point)",
                "CREATE TYPE floatrange2 AS RANGE (subtype = float8)");
        follow("mood", List.of("sad", "happy"));
        follow("percent", List.of("1.0", "1.00"));
        follow("document", List.of("{}", "[1]"));
        follow("pair", List.of("(1,a)", "(,)"));
        follow("odd", List.of("({},\"(1,2)\")", "(,)"));
        follow("floatrange2", List.of("[1,2)", "empty"));
        follow("mood[]", List.of("{sad}", "{}"));
        follow("bit(3)", List.of("101", "111"));
        follow("bit varying(5)", List.of("1", "10101"));
        follow("character(4)", List.of("a", "b"));
        follow("character varying(4)", List.of("a", "b"));
        follow("numeric(12,3)", List.of("1", "NaN"));
        follow("numeric", List.of("1.0", "1.00"));
        follow("timestamp(2) with time zone", List.of("2024-01-01", "infinity"));
        follow("interval day to second", List.of("1 day", "24:00"));
        follow("double precision", List.of("0", "-0"));
        follow("text COLLATE \"C\"", List.of("a", "A"));
    }

    /// Literals that the type's input takes, with different texts.
    private List<String> values(String type) {
        List<String> known = SAMPLES.get(type);
        if (known != null) {
            return valid(type, known);
        }
        return valid(type, LITERALS).stream().limit(2).toList();
    }

    private List<String> valid(String type, List<String> literals) {
        if (type.matches("pg_node_tree|gtsvector|pg_(ndistinct|dependencies|mcv_list|brin.*)")) {
            // Their input functions take nothing.
            return List.of();
        }
        return literals.stream()
                .filter(it ->
                        database.value("SELECT pg_input_is_valid('" + it + "', '" + type + "')")
                                .equals("t"))
                .toList();
    }

    private void follow(String type, List<String> values) {
        String a = "'" + values.get(0) + "'";
        String b = "'" + values.get(1) + "'";
        try (Session session = database.session()) {
            session.execute(
                    "DROP TABLE IF EXISTS t CASCADE",
                    "CREATE TABLE t (id int, v " + type + ")",
                    "INSERT INTO t VALUES (1, "
                            + a
                            + "), (1, "
                            + a
                            + "), (2, "
                            + b
                            + "), (3, NULL)");
        }
        String query = "SELECT id, v, v IS NULL AS empty FROM t";
        try {
            create("s", query);
            check(type, query);
            database.execute("INSERT INTO t VALUES (4, " + b + "), (4, " + b + "), (5, NULL)");
            check(type, query);
            database.execute(
                    "UPDATE t SET v = "
                            + b
                            + " WHERE ctid = (SELECT min(ctid) FROM t WHERE id = 1)",
                    "UPDATE t SET v = NULL WHERE id = 2",
                    "UPDATE t SET id = id + 10 WHERE id = 3");
            check(type, query);
            database.execute("DELETE FROM t WHERE id = 1", "DELETE FROM t WHERE v IS NULL");
            check(type, query);
            tables.drop("s", io.pgtrickle.runtime.api.DropBehavior.RESTRICT);
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError(
                    "type " + type + ", values " + values + ": " + e.getMessage(), e);
        }
    }

    private void check(String type, String query) {
        tables.refresh("s");
        assertFresh("s", query, List.of(2));
        assertThat(tables.refresh("s").action().name()).as(type).isEqualTo("NO_DATA");
    }
}
