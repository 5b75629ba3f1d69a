package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Partitioning;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Stream tables whose table is divided into partitions. Rows in different partitions have equal
/// addresses, so each of these has rows in several.
final class PartitionedStorageTest extends DatabaseTest {
    private static final String GROUPED =
            "SELECT k, v % 3 AS part, count(*) AS n, sum(v) AS total FROM o GROUP BY k, v % 3";
    private static final String ROWS = "SELECT k, v AS part, note FROM o WHERE v > 0";
    private static final String JOINED =
            "SELECT o.k AS part, o.note, c.name FROM o LEFT JOIN c ON c.k = o.k";
    private static final String FIRST = "SELECT k, v AS part FROM o ORDER BY v DESC, k, id LIMIT 7";

    private void sources() {
        database.execute(
                "CREATE TABLE c (k int PRIMARY KEY, name text)",
                "CREATE TABLE o (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, k int, v int, note text)",
                "INSERT INTO c SELECT i, 'c' || i FROM generate_series(0, 4) i",
                "INSERT INTO o (k, v, note) SELECT i % 6, i % 10, CASE WHEN i % 3 > 0 THEN 'n' || i % 4 END"
                        + " FROM generate_series(1, 120) i");
    }

    private void createDivided(String name, String query, String key) {
        tables.create(
                StreamTableDefinition.of(name, query)
                        .withMode(RefreshMode.DIFFERENTIAL)
                        .withPartitioning(Partitioning.parse(key)));
    }

    private List<List<String>> partitions(String name) {
        return database.query(
                "SELECT relid::regclass::text FROM pg_partition_tree('"
                        + name
                        + "') WHERE level > 0 ORDER BY 1");
    }

    @ParameterizedTest
    @CsvSource({
        "part, 1",
        "'part, k', 1",
        "LIST:part, 1",
        "HASH:part, 4",
        "hash : part : 7, 7",
    })
    void everyKindFollowsItsQuery(String key, int count) {
        sources();
        boolean two = key.contains("k");
        createDivided("grouped", GROUPED, key);
        createDivided("plain", ROWS, key);
        createDivided("first", FIRST, key);
        if (!two) {
            createDivided("joined", JOINED, key);
        }
        assertThat(partitions("grouped")).hasSize(count);
        if (key.equals("part")) {
            splitByHand("plain");
        }
        Random random = new Random(7);
        for (int round = 0; round < 12; round++) {
            database.execute(
                    "UPDATE o SET v = v + "
                            + random.nextInt(-3, 4)
                            + ", k = (k + "
                            + random.nextInt(3)
                            + ") % 6 WHERE id % 5 = "
                            + random.nextInt(5),
                    "DELETE FROM o WHERE id % 17 = " + random.nextInt(17),
                    "INSERT INTO o (k, v, note) SELECT i % 6, i % 8 - 1, NULL FROM generate_series(1, "
                            + random.nextInt(1, 9)
                            + ") i",
                    "UPDATE c SET name = name || '.' WHERE k = " + random.nextInt(5));
            for (String name : List.of("grouped", "plain", "first")) {
                assertThat(refresh(name)).isEqualTo(Action.DIFFERENTIAL);
            }
            assertFresh("grouped", GROUPED);
            assertFresh("plain", ROWS);
            assertFresh("first", FIRST);
            if (!two) {
                refresh("joined");
                assertFresh("joined", JOINED);
            }
        }
        tables.recompute("grouped");
        assertFresh("grouped", GROUPED);
    }

    /// How an owner adds a partition: the rows of the default one are computed anew.
    private void splitByHand(String name) {
        database.execute(
                "ALTER TABLE " + name + " DETACH PARTITION " + name + "_default",
                "DROP TABLE " + name + "_default",
                "CREATE TABLE "
                        + name
                        + "_low PARTITION OF "
                        + name
                        + " FOR VALUES FROM (MINVALUE) TO (4)",
                "CREATE TABLE "
                        + name
                        + "_high PARTITION OF "
                        + name
                        + " FOR VALUES FROM (4) TO (MAXVALUE)");
        assertThat(refresh(name)).isIn(Action.REINITIALIZE, Action.FULL);
        assertFresh(name, ROWS);
        assertThat(database.value("SELECT count(*) > 0 FROM " + name + "_low")).isEqualTo("t");
        assertThat(database.value("SELECT count(*) > 0 FROM " + name + "_high")).isEqualTo("t");
    }

    @Test
    void nobodyWritesToAPartition() {
        sources();
        createDivided("plain", ROWS, "LIST:part");
        database.execute(
                "ALTER TABLE plain DETACH PARTITION plain_default",
                "CREATE TABLE plain_one PARTITION OF plain FOR VALUES IN (1)",
                "CREATE TABLE plain_rest PARTITION OF plain DEFAULT");
        refresh("plain");
        assertFresh("plain", ROWS);
        for (String table : List.of("plain", "plain_one", "plain_rest")) {
            for (String statement :
                    List.of("DELETE FROM %s", "TRUNCATE %s", "UPDATE %s SET note = 'x'")) {
                assertThatThrownBy(() -> database.execute(statement.formatted(table)))
                        .hasMessageContaining("cannot");
            }
        }
        database.execute(
                "ALTER TABLE plain DETACH PARTITION plain_one",
                "UPDATE plain_one SET note = 'mine'",
                "CREATE TABLE plain_two PARTITION OF plain FOR VALUES IN (1)");
        refresh("plain");
        assertFresh("plain", ROWS);
    }

    @Test
    void readersFollowIt() {
        sources();
        createDivided("grouped", GROUPED, "HASH:k:3");
        String query = "SELECT part, sum(total) AS total FROM grouped GROUP BY part";
        create("over", query);
        String most = "SELECT max(total) AS most FROM grouped";
        tables.create(StreamTableDefinition.of("now", most).withMode(RefreshMode.IMMEDIATE));
        for (int i = 0; i < 5; i++) {
            database.execute("UPDATE o SET k = (k + 1) % 7, v = v + 1 WHERE id % 4 = " + i % 4);
            refresh("grouped");
            assertThat(refresh("over")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("over", query);
            assertFresh("now", most);
        }
        assertThatThrownBy(() ->
                        tables.alter("grouped", Alteration.none().withPartitioning("LIST:part")))
                .hasMessageContaining("stream tables read it");
        database.execute("CREATE TABLE mine (LIKE grouped)", "INSERT INTO mine TABLE grouped");
        assertThat(database.value("SELECT count(*) FROM mine"))
                .isEqualTo(database.value("SELECT count(*) FROM grouped"));
    }

    /// Which the owner of the stream table may not alter.
    @Test
    void partitionsOfOthersAreLeftAsTheyAre() {
        sources();
        createDivided("plain", ROWS, "LIST:part");
        String role = database.name() + "_other";
        database.execute(
                "CREATE ROLE " + role,
                "GRANT ALL ON SCHEMA public TO " + role,
                "GRANT SELECT, TRIGGER ON o TO " + role,
                "ALTER TABLE plain OWNER TO " + role,
                "ALTER TABLE plain_default OWNER TO " + role);
        try (Session session = database.session()) {
            session.execute("SET ROLE " + role, "SELECT pgtrickle.allow()");
        }
        database.execute("CREATE TABLE plain_far PARTITION OF plain FOR VALUES IN (77)");
        for (int round = 0; round < 3; round++) {
            database.execute("UPDATE o SET v = 77 - v WHERE id % 4 = " + round);
            refresh("plain");
            assertFresh("plain", ROWS);
        }
    }

    @Test
    void itCanBeDividedLaterAndOtherwise() {
        sources();
        create("grouped", GROUPED);
        for (String key : List.of("HASH:k:2", "part", "", "LIST:k")) {
            tables.alter("grouped", Alteration.none().withPartitioning(key));
            assertFresh("grouped", GROUPED);
            database.execute("UPDATE o SET v = v + 1 WHERE id % 3 = 0");
            assertThat(refresh("grouped")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("grouped", GROUPED);
            assertThat(
                            database.value(
                                    "SELECT coalesce(st_partition_key, '') FROM pgtrickle.pgt_stream_tables"))
                    .isEqualTo(key);
        }
        String relation = database.value("SELECT 'grouped'::regclass::oid");
        tables.alter("grouped", Alteration.none().withPartitioning("LIST:k"));
        assertThat(database.value("SELECT 'grouped'::regclass::oid")).isEqualTo(relation);
        assertThatThrownBy(() ->
                        tables.alter("grouped", Alteration.none().withQuery("SELECT id, v FROM o")))
                .hasMessageContaining("partition_by \"LIST:k\"");
        assertThatThrownBy(() ->
                        tables.alter("grouped", Alteration.none().withMode(RefreshMode.IMMEDIATE)))
                .hasMessageContaining("IMMEDIATE");
        tables.alter("grouped", Alteration.none().withQuery("SELECT k, v FROM o"));
        assertFresh("grouped", "SELECT k, v FROM o");
        assertThat(partitions("grouped")).hasSize(1);
        assertThatThrownBy(() ->
                        tables.create(
                                StreamTableDefinition.of("now", GROUPED)
                                        .withMode(RefreshMode.IMMEDIATE)
                                        .withPartitioning(Partitioning.parse("k"))))
                .hasMessageContaining("IMMEDIATE");
        tables.drop("grouped", DropBehavior.RESTRICT);
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pg_class WHERE relname LIKE 'grouped%' OR relname LIKE '\\_\\_pgt\\_shape%'"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",",
                "k,",
                "LIST:",
                "LIST:k,v",
                "HASH:k:1",
                "HASH:k:257",
                "HASH:k:x",
                "HASH:k:2:3",
                "TREE:k",
                ":k",
                "missing",
                "HASH:missing",
                "__pgt_count"
            })
    void whatIsNoKeyIsRefusedAndLeavesNothing(String key) {
        sources();
        assertThatThrownBy(() -> createDivided("grouped", GROUPED, key))
                .isInstanceOfSatisfying(
                        PgTrickleException.class, e -> assertThat(e.sqlState()).isEqualTo("22023"))
                .hasMessageContaining("partition_by");
        assertThat(database.value("SELECT count(*) FROM pg_class WHERE relname ~ 'grouped'"))
                .isEqualTo("0");
    }

    @Test
    void namesThatAreLongOrOddWork() {
        sources();
        String name = "\"Größe " + "x".repeat(50) + "\"";
        tables.create(
                StreamTableDefinition.of(name, "SELECT k AS \"a \"\"b\"\"\", v FROM o")
                        .withPartitioning(Partitioning.parse("HASH:a \"b\":3")));
        database.execute("UPDATE o SET k = k + 1 WHERE id % 2 = 0");
        tables.refresh(name);
        assertFresh(name, "SELECT k AS \"a \"\"b\"\"\", v FROM o");
    }
}
