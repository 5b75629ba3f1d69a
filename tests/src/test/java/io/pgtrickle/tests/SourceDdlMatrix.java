package io.pgtrickle.tests;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import java.util.ArrayList;
import java.util.List;

/// The rows of the page DDL.md, over the tables that [SourceDdlTest] makes.
final class SourceDdlMatrix {
    private SourceDdlMatrix() {}

    private static final String ONE = SourceDdl.JOIN;
    private static final String SUM = SourceDdl.GROUPED;

    static List<SourceDdl> rows() {
        List<SourceDdl> rows = new ArrayList<>();
        columns(rows);
        tables(rows);
        definitions(rows);
        capture(rows);
        return rows;
    }

    private static void columns(List<SourceDdl> rows) {
        rows.add(
                SourceDdl.of(
                        "a column is added", ONE, Action.NO_DATA, "ALTER TABLE t ADD extra int"));
        rows.add(
                SourceDdl.of(
                        "a column with a default that writes the table anew is added",
                        SUM,
                        Action.NO_DATA,
                        "ALTER TABLE t ADD extra uuid DEFAULT gen_random_uuid()"));
        rows.add(
                SourceDdl.of(
                        "a column is added under a whole row",
                        "SELECT id, to_jsonb(t) - 'spare' AS row FROM t",
                        Action.REINITIALIZE,
                        "ALTER TABLE t ADD extra int DEFAULT 7"));
        rows.add(
                SourceDdl.of(
                        "an unused column is dropped",
                        ONE,
                        Action.NO_DATA,
                        "ALTER TABLE t DROP spare"));
        rows.add(
                SourceDdl.breaking("a used column is dropped", ONE, "v", "ALTER TABLE t DROP v")
                        .refusedByTriggers()
                        .undoneBy("ALTER TABLE t ADD v int DEFAULT 5"));
        rows.add(
                SourceDdl.of(
                        "an unused column is renamed",
                        ONE,
                        Action.NO_DATA,
                        "ALTER TABLE t RENAME spare TO other"));
        rows.add(
                SourceDdl.breaking(
                                "a used column is renamed",
                                ONE,
                                "column v of public.t is w now",
                                "ALTER TABLE t RENAME v TO w")
                        .refusedByTriggers()
                        .undoneBy("ALTER TABLE t RENAME w TO v"));
        rows.add(
                SourceDdl.of(
                                "two columns exchange their names",
                                "SELECT k, count(*) AS n FROM t GROUP BY k",
                                Action.REINITIALIZE,
                                "ALTER TABLE t RENAME k TO x",
                                "ALTER TABLE t RENAME v TO k",
                                "ALTER TABLE t RENAME x TO v")
                        .refusedByTriggers());
        rows.add(
                SourceDdl.of(
                                "a used column that is not shown gets a wider type",
                                "SELECT t.id FROM t JOIN u ON u.k = t.k WHERE t.v > 3",
                                Action.REINITIALIZE,
                                "ALTER TABLE t ALTER v TYPE bigint")
                        .refusedByTriggers()
                        .then("INSERT INTO t (id, k, v) VALUES (100, 1, 5000000000)"));
        rows.add(
                SourceDdl.breaking(
                                "a shown column gets a wider type",
                                ONE,
                                "of type bigint now, was integer",
                                "ALTER TABLE t ALTER v TYPE bigint")
                        .refusedByTriggers()
                        .then("INSERT INTO t (id, k, v) VALUES (100, 1, 5)")
                        .undoneBy("ALTER TABLE t ALTER v TYPE int"));
        rows.add(
                SourceDdl.breaking(
                                "a column gets a type that its use does not take",
                                SUM,
                                "of type text now",
                                "ALTER TABLE t ALTER v TYPE text")
                        .refusedByTriggers()
                        .undoneBy("ALTER TABLE t ALTER v TYPE int USING v::int"));
        rows.add(
                SourceDdl.of(
                        "the values of a column are written anew",
                        ONE,
                        Action.REINITIALIZE,
                        "ALTER TABLE t ALTER v TYPE int USING v * 10"));
        rows.add(
                SourceDdl.of(
                        "the values of an unused column are written anew",
                        ONE,
                        Action.NO_DATA,
                        "ALTER TABLE t ALTER spare TYPE int USING spare * 10"));
        rows.add(
                SourceDdl.of(
                        "NOT NULL and defaults",
                        ONE,
                        Action.NO_DATA,
                        "ALTER TABLE t ALTER v SET NOT NULL",
                        "ALTER TABLE t ALTER v SET DEFAULT 3",
                        "ALTER TABLE t ALTER v DROP NOT NULL"));
        rows.add(
                SourceDdl.of(
                                "a column that NOT IN relies on may be NULL again",
                                "SELECT id FROM t WHERE k NOT IN (SELECT n.k FROM n)",
                                Action.DIFFERENTIAL,
                                "ALTER TABLE n ALTER k DROP NOT NULL",
                                "INSERT INTO n VALUES (NULL)")
                        .then("INSERT INTO t (id, k) VALUES (100, 77)"));
        rows.add(
                SourceDdl.of(
                        "statistics and storage",
                        ONE,
                        Action.NO_DATA,
                        "ALTER TABLE t ALTER v SET STATISTICS 10",
                        "ALTER TABLE t ALTER v SET STORAGE PLAIN",
                        "ANALYZE t"));
    }

    private static void tables(List<SourceDdl> rows) {
        rows.add(
                SourceDdl.breaking(
                                "a table is renamed",
                                ONE,
                                "relation public.t is public.t2 now",
                                "ALTER TABLE t RENAME TO t2")
                        .then("INSERT INTO t2 (id, k) VALUES (100, 1)")
                        .undoneBy("ALTER TABLE t2 RENAME TO t"));
        rows.add(
                SourceDdl.breaking(
                                "a table gets another schema",
                                ONE,
                                "relation public.t is other.t now",
                                "CREATE SCHEMA other",
                                "ALTER TABLE t SET SCHEMA other")
                        .then("INSERT INTO other.t (id, k) VALUES (100, 1)")
                        .undoneBy("ALTER TABLE other.t SET SCHEMA public"));
        rows.add(
                SourceDdl.breaking(
                                "a table is dropped",
                                ONE,
                                "relation public.u was dropped",
                                "DROP TABLE u")
                        .undoneBy(
                                "CREATE TABLE u (k int PRIMARY KEY, label text)",
                                "INSERT INTO u VALUES (1, 'another')"));
        rows.add(
                SourceDdl.of(
                        "a table is dropped and made again",
                        SUM,
                        Action.REINITIALIZE,
                        "DROP TABLE t CASCADE",
                        "CREATE TABLE t (v int, id int, k int)",
                        "INSERT INTO t VALUES (7, 1, 1)"));
        rows.add(
                SourceDdl.of(
                        "indexes",
                        ONE,
                        Action.NO_DATA,
                        "CREATE INDEX i ON t (v)",
                        "CREATE UNIQUE INDEX j ON t (id) WHERE v > 0",
                        "REINDEX TABLE t",
                        "DROP INDEX i"));
        rows.add(
                SourceDdl.of(
                                "a key is dropped",
                                ONE,
                                Action.REINITIALIZE,
                                "ALTER TABLE t DROP CONSTRAINT t_pkey")
                        .then("INSERT INTO t (id, k, v) VALUES (1, 1, 1), (1, 1, 1)"));
        rows.add(
                SourceDdl.of(
                        "a key is added",
                        "SELECT k, w FROM keyless",
                        Action.REINITIALIZE,
                        "ALTER TABLE keyless ADD PRIMARY KEY (k)"));
        rows.add(
                SourceDdl.of(
                        "a table is written anew, analysed, locked",
                        SUM,
                        Action.NO_DATA,
                        "CLUSTER t USING t_pkey",
                        "ALTER TABLE t SET (fillfactor = 70)",
                        "VACUUM (FULL, ANALYZE) t",
                        "BEGIN; LOCK TABLE t; COMMIT"));
        rows.add(
                SourceDdl.of(
                        "a table becomes unlogged",
                        SUM,
                        Action.REINITIALIZE,
                        "ALTER TABLE t SET UNLOGGED"));
        rows.add(
                SourceDdl.of(
                        "comments, rights and owners",
                        SUM,
                        Action.NO_DATA,
                        "COMMENT ON TABLE t IS 'a table'",
                        "GRANT SELECT ON t TO PUBLIC",
                        "GRANT SELECT (v) ON t TO PUBLIC",
                        "ALTER TABLE t OWNER TO CURRENT_USER"));
        rows.add(
                SourceDdl.of(
                        "row security is enabled",
                        SUM,
                        Action.REINITIALIZE,
                        "ALTER TABLE t ENABLE ROW LEVEL SECURITY"));
        rows.add(
                SourceDdl.of(
                        "a policy that is not enforced is made",
                        SUM,
                        Action.NO_DATA,
                        "CREATE POLICY p ON t USING (v > 3)"));
        rows.add(
                SourceDdl.of(
                        "a policy that is enforced is made",
                        SUM,
                        Action.REINITIALIZE,
                        "CREATE POLICY p ON t USING (v > 3)",
                        "ALTER TABLE t ENABLE ROW LEVEL SECURITY",
                        "ALTER POLICY p ON t USING (v > 4)"));
        rows.add(
                SourceDdl.of(
                                "a partition is attached",
                                "SELECT k, count(*) AS n FROM parts GROUP BY k",
                                Action.REINITIALIZE,
                                "CREATE TABLE more (k int, v int)",
                                "INSERT INTO more VALUES (15, 1)",
                                "ALTER TABLE parts ATTACH PARTITION more FOR VALUES FROM (10) TO (20)")
                        .then("INSERT INTO parts VALUES (16, 1), (1, 1)"));
        rows.add(
                SourceDdl.of(
                                "a partition is detached",
                                "SELECT k, count(*) AS n FROM parts GROUP BY k",
                                Action.REINITIALIZE,
                                "ALTER TABLE parts DETACH PARTITION low")
                        .then("INSERT INTO low VALUES (2, 2)"));
        rows.add(
                SourceDdl.breaking(
                                "a column of a partitioned table is renamed",
                                "SELECT k, count(v) AS n FROM low GROUP BY k",
                                "column v of public.low is w now",
                                "ALTER TABLE parts RENAME v TO w")
                        .refusedByTriggers()
                        .then("INSERT INTO parts VALUES (2, 2)", "INSERT INTO low VALUES (3, 2)")
                        .undoneBy("ALTER TABLE parts RENAME w TO v"));
        rows.add(
                SourceDdl.of(
                        "a child is made",
                        SUM,
                        Action.REINITIALIZE,
                        "CREATE TABLE child () INHERITS (t)",
                        "INSERT INTO child (id, k, v) VALUES (200, 1, 9)"));
    }

    private static void definitions(List<SourceDdl> rows) {
        rows.add(
                SourceDdl.of(
                        "a view is replaced",
                        "SELECT id, v FROM w",
                        Action.REINITIALIZE,
                        "CREATE OR REPLACE VIEW w AS SELECT k AS id, k + 7 AS v FROM keyless"));
        rows.add(
                SourceDdl.of(
                        "a view gets a column",
                        "SELECT id, v FROM w",
                        Action.REINITIALIZE,
                        "CREATE OR REPLACE VIEW w AS SELECT k AS id, w AS v, k FROM keyless"));
        rows.add(
                SourceDdl.breaking(
                                "a view is dropped",
                                "SELECT id, v FROM w",
                                "relation public.w was dropped",
                                "DROP VIEW w")
                        .undoneBy("CREATE VIEW w AS SELECT k AS id, w + 1 AS v FROM keyless"));
        rows.add(
                SourceDdl.of(
                        "a function is replaced",
                        "SELECT id, f(v) AS v FROM t",
                        Action.REINITIALIZE,
                        "CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE RETURN $1 + 1"));
        rows.add(
                SourceDdl.of(
                        "a function that a function calls is replaced",
                        "SELECT id, g(v) AS v FROM t",
                        Action.REINITIALIZE,
                        "CREATE OR REPLACE FUNCTION f(int) RETURNS int IMMUTABLE RETURN $1 + 1"));
        rows.add(
                SourceDdl.breaking(
                                "a function is dropped",
                                "SELECT id, f(v) AS v FROM t",
                                "function public.f(integer) was dropped",
                                "DROP FUNCTION f(int) CASCADE")
                        .undoneBy("CREATE FUNCTION f(int) RETURNS int IMMUTABLE RETURN $1 - 1"));
        rows.add(
                SourceDdl.of(
                        "a value is added to an enumeration",
                        "SELECT id, mood::text AS mood, mood > 'sad' AS better FROM moods",
                        Action.NO_DATA,
                        "ALTER TYPE mood ADD VALUE 'glad' BEFORE 'happy'"));
        rows.add(
                SourceDdl.of(
                        "a value of an enumeration is renamed",
                        "SELECT id, mood::text AS mood FROM moods",
                        Action.REINITIALIZE,
                        "ALTER TYPE mood RENAME VALUE 'happy' TO 'merry'"));
        rows.add(
                SourceDdl.of(
                        "a domain gets a constraint",
                        "SELECT id, v::small AS v FROM t",
                        Action.REINITIALIZE,
                        "ALTER DOMAIN small ADD CHECK (VALUE < 1000)"));
        rows.add(
                SourceDdl.breaking(
                                "a type is renamed",
                                "SELECT id, v::small AS v FROM t",
                                "type public.small is public.tiny now",
                                "ALTER DOMAIN small RENAME TO tiny")
                        .undoneBy("ALTER DOMAIN tiny RENAME TO small"));
        rows.add(
                SourceDdl.breaking(
                                "a type is dropped with the columns that have it",
                                "SELECT id, mood::text AS mood FROM moods",
                                "type public.mood was dropped",
                                "DROP TYPE mood CASCADE")
                        .refusedByTriggers()
                        .undoneBy(
                                "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                                "ALTER TABLE moods ADD mood mood"));
        rows.add(
                SourceDdl.of(
                        "a generated column gets another expression",
                        "SELECT id, doubled FROM computed",
                        Action.REINITIALIZE,
                        "ALTER TABLE computed ALTER doubled SET EXPRESSION AS (v * 3)"));
    }

    private static void capture(List<SourceDdl> rows) {
        rows.add(
                SourceDdl.of(
                        "triggers are disabled while rows are written",
                        ONE,
                        Action.REINITIALIZE,
                        "ALTER TABLE t DISABLE TRIGGER ALL",
                        "INSERT INTO t (id, k, v) VALUES (50, 1, 50)",
                        "ALTER TABLE t ENABLE TRIGGER ALL"));
        rows.add(
                SourceDdl.of(
                        "triggers are disabled and enabled as they were",
                        ONE,
                        Action.REINITIALIZE,
                        "DO $$ DECLARE n name; BEGIN SELECT tgname INTO n FROM pg_trigger WHERE tgname LIKE"
                                + " 'pg_trickle_cdc_ins%' AND tgrelid = 't'::regclass; EXECUTE 'ALTER TABLE t DISABLE"
                                + " TRIGGER ' || n; INSERT INTO t (id, k, v) VALUES (50, 1, 50);"
                                + " EXECUTE 'ALTER TABLE t ENABLE ALWAYS TRIGGER ' || n; END $$"));
        rows.add(
                SourceDdl.of(
                        "triggers stay disabled",
                        SUM,
                        Action.REINITIALIZE,
                        "ALTER TABLE t DISABLE TRIGGER USER",
                        "UPDATE t SET v = v + 1"));
        rows.add(
                SourceDdl.of(
                        "triggers are dropped",
                        SUM,
                        Action.REINITIALIZE,
                        "DO $$ DECLARE n name; BEGIN FOR n IN SELECT tgname FROM pg_trigger WHERE tgrelid ="
                                + " 't'::regclass AND tgname LIKE 'pg_trickle%' LOOP EXECUTE 'DROP TRIGGER ' || n || ' ON"
                                + " t'; END LOOP; END $$",
                        "UPDATE t SET v = v + 1"));
        rows.add(SourceDdl.of("a table is emptied", SUM, Action.FULL, "TRUNCATE t"));
    }
}
