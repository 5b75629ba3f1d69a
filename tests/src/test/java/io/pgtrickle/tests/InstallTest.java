package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// Installing and removing.
final class InstallTest {
    private static final String EVERYTHING =
            """
            SELECT 'namespace', nspname::text FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_t%'
            UNION ALL SELECT 'function', oid::regprocedure::text FROM pg_proc
            UNION ALL SELECT 'trigger', tgname || ' on ' || tgrelid::regclass FROM pg_trigger
            UNION ALL SELECT 'event trigger', evtname::text FROM pg_event_trigger
            UNION ALL SELECT 'type', t.oid::regtype::text FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
                WHERE nspname NOT LIKE 'pg\\_t%'
            UNION ALL SELECT 'relation', c.oid::regclass::text FROM pg_class c JOIN pg_namespace n
                ON n.oid = relnamespace WHERE nspname NOT LIKE 'pg\\_t%'
            UNION ALL SELECT 'extension', extname::text FROM pg_extension
            UNION ALL SELECT 'setting', array_to_string(setconfig, ',') FROM pg_db_role_setting s
                JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = current_database()
            ORDER BY 1, 2
            """;

    @Test
    void installTwiceIsInstallOnce() {
        try (TestDatabase database = TestServer.shared().emptyDatabase()) {
            StreamTables tables = database.streamTables();
            String version = tables.install();
            List<List<String>> after = database.query(EVERYTHING);
            database.execute("CREATE TABLE t (v int)");
            tables.create(StreamTableDefinition.of("s", "SELECT v FROM t"));
            assertThat(tables.install()).isEqualTo(version);
            assertThat(database.value("SELECT count(*) FROM pgtrickle.pgt_schema_version"))
                    .isEqualTo("1");
            assertThat(tables.list()).hasSize(1);
            assertThat(database.query(EVERYTHING)).containsAll(after);
        }
    }

    @Test
    void manyInstallationsAtOnceAreOne() throws Exception {
        try (TestDatabase database = TestServer.shared().emptyDatabase();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> tasks =
                    List.of(
                            () -> database.streamTables().install(),
                            () -> database.streamTables().install(),
                            () -> database.streamTables().install(),
                            () -> database.streamTables().install());
            for (Future<String> version : executor.invokeAll(tasks)) {
                assertThat(version.get()).isNotEmpty();
            }
            assertThat(database.value("SELECT count(*) FROM pgtrickle.pgt_schema_version"))
                    .isEqualTo("1");
        }
    }

    @Test
    void uninstallLeavesNothingOfOurs() {
        try (TestDatabase database = TestServer.shared().emptyDatabase()) {
            database.execute("CREATE TABLE t (k int, v int)", "CREATE SCHEMA \"Other one\"");
            List<List<String>> before = database.query(EVERYTHING);
            StreamTables tables = database.streamTables();
            tables.install();
            tables.create(
                    StreamTableDefinition.of("s1", "SELECT k, sum(v) AS total FROM t GROUP BY k"));
            tables.create(
                    StreamTableDefinition.of("\"Other one\".s2", "SELECT count(*) AS n FROM s1"));
            tables.create(
                    StreamTableDefinition.of("s3", "SELECT string_agg(v::text, '') AS all FROM t"));
            database.execute("INSERT INTO t VALUES (1, 1)");
            tables.refresh("s1");
            tables.uninstall();
            assertThat(database.query(EVERYTHING)).isEqualTo(before);
            database.execute("INSERT INTO t VALUES (2, 2)");
            tables.uninstall();
            tables.install();
            assertThat(tables.list()).isEmpty();
        }
    }
}
