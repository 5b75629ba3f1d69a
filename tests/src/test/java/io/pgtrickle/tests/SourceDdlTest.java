package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// DDL on the sources of stream tables: every row of the matrix in DDL.md, with event triggers and
/// without them.
final class SourceDdlTest extends DatabaseTest {

    static List<SourceDdl> matrix() {
        return SourceDdlMatrix.rows();
    }

    private void makeSources() {
        database.execute(
                "CREATE TABLE t (id int PRIMARY KEY, spare int, k int, v int)",
                "INSERT INTO t SELECT i, i, i % 4, i FROM generate_series(1, 20) i",
                "CREATE TABLE u (k int PRIMARY KEY, label text)",
                "INSERT INTO u SELECT i, 'l' || i FROM generate_series(0, 3) i",
                "CREATE TABLE n (k int NOT NULL)",
                "INSERT INTO n VALUES (2)",
                "CREATE TABLE keyless (k int NOT NULL, w int)",
                "INSERT INTO keyless VALUES (1, 1), (2, 2)",
                "CREATE TABLE parts (k int, v int) PARTITION BY RANGE (k)",
                "CREATE TABLE low PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                "INSERT INTO parts VALUES (1, 1), (2, 2)",
                "CREATE VIEW w AS SELECT k AS id, w AS v FROM keyless",
                "CREATE FUNCTION f(int) RETURNS int IMMUTABLE RETURN $1 * 2",
                "CREATE FUNCTION g(int) RETURNS int IMMUTABLE RETURN f($1) + 100",
                "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                "CREATE TABLE moods (id int PRIMARY KEY, mood mood)",
                "INSERT INTO moods VALUES (1, 'sad'), (2, 'happy')",
                "CREATE DOMAIN small AS int",
                "CREATE TABLE computed (id int PRIMARY KEY, v int, doubled int GENERATED ALWAYS AS (v * 2) STORED)",
                "INSERT INTO computed VALUES (1, 1), (2, 2)");
    }

    private void dropEventTriggers() {
        database.execute(
                "DROP EVENT TRIGGER pg_trickle_ddl_tracker",
                "DROP EVENT TRIGGER pg_trickle_drop_tracker");
    }

    private boolean tooOld(SourceDdl row) {
        return String.join(" ", row.ddl()).contains("SET EXPRESSION")
                && Integer.parseInt(database.value("SHOW server_version_num")) < 170000;
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void withoutEventTriggers(SourceDdl row) {
        if (tooOld(row)) {
            return;
        }
        dropEventTriggers();
        makeSources();
        create("s", row.query());
        // What the first refresh has found out about the sources is not asked again.
        refresh("s");
        execute(row.ddl());
        happens(row);
    }

    @ParameterizedTest
    @MethodSource("matrix")
    void withEventTriggers(SourceDdl row) {
        if (tooOld(row)) {
            return;
        }
        makeSources();
        create("s", row.query());
        if (row.refused()) {
            assertThatThrownBy(() -> execute(row.ddl()))
                    .hasMessageContaining("stream tables depend on columns")
                    .hasMessageContaining("read by public.s")
                    .hasMessageContaining("pg_trickle.block_source_ddl");
            database.execute("INSERT INTO t (id, k) VALUES (99, 1)");
            refresh("s");
            assertFresh("s", row.query());
            database.execute("DELETE FROM t WHERE id = 99");
            refresh("s");
            // Allowed for this session alone: nobody else's DDL is refused because of it later.
            try (Session session = database.session()) {
                session.execute("SET pg_trickle.block_source_ddl = off");
                session.execute(row.ddl().toArray(String[]::new));
            }
            database.execute("CREATE INDEX ON t (spare)", "ALTER TABLE t ADD unrelated int");
        } else {
            execute(row.ddl());
        }
        happens(row);
    }

    @Test
    void thePageSaysWhatHappens() throws IOException {
        List<String> page =
                Files.readAllLines(Path.of("../docs/DDL.md")).stream()
                        .filter(line -> line.endsWith("|") && !line.contains("---"))
                        .skip(1)
                        .toList();
        assertThat(page).isEqualTo(matrix().stream().map(SourceDdl::line).toList());
    }

    @Test
    void aStarStaysWhatItWas() {
        makeSources();
        create("s", "SELECT * FROM t");
        database.execute("ALTER TABLE t ADD extra int", "INSERT INTO t VALUES (70, 1, 2, 3, 4)");
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", "SELECT id, spare, k, v FROM t");
    }

    @Test
    void aCrashThatEmptiesUnloggedSourcesIsNoticed() {
        database.execute("CREATE UNLOGGED TABLE t (id int)", "INSERT INTO t VALUES (1)");
        create("s", "SELECT id FROM t");
        // PostgreSQL does this to all unlogged tables when it recovers.
        database.execute("DELETE FROM pgtrickle.pgt_canary");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
    }

    private void execute(List<String> statements) {
        database.execute(statements.toArray(String[]::new));
    }

    private void happens(SourceDdl row) {
        if (row.outcome().isEmpty()) {
            breaks(row);
            return;
        }
        assertThat(refresh("s")).isEqualTo(row.outcome().get());
        assertFresh("s", row.query());
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        goesOn(row);
    }

    private void goesOn(SourceDdl row) {
        execute(row.after());
        refresh("s");
        assertFresh("s", row.query());
        database.execute("DELETE FROM t WHERE id BETWEEN 5 AND 7");
        assertThat(refresh("s")).isIn(Action.DIFFERENTIAL, Action.NO_DATA);
        assertFresh("s", row.query());
    }

    private void breaks(SourceDdl row) {
        // Between the change and the moment it is noticed, nobody's writes may fail.
        execute(row.after());
        assertThatThrownBy(() -> refresh("s"))
                .hasMessageContaining("the sources of public.s have changed");
        assertThat(tables.status("s").status()).isEqualTo("ERROR");
        assertThat(tables.status("s").lastError().orElseThrow())
                .contains(row.message())
                .contains("HINT: Undo the change");
        assertThat(bufferRows()).isZero();
        // Nothing has changed since: a service does not try again.
        assertThat(database.value("SELECT count(*) FROM pgtrickle.changed_stream_tables()"))
                .isEqualTo("0");
        execute(row.undo());
        assertThat(database.value("SELECT count(*) FROM pgtrickle.changed_stream_tables()"))
                .isEqualTo("1");
        assertThat(refresh("s")).isEqualTo(Action.REINITIALIZE);
        assertThat(tables.status("s").status()).isEqualTo("ACTIVE");
        assertFresh("s", row.query());
        goesOn(row.then());
    }
}
