package io.pgtrickle.tests.turmoil;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.graph.RandomTables;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// A random graph of stream tables, and beside it those that troubles are made for. Immutable once
/// made.
final class TurmoilGraph {
    /// Tables of the random graph, `source_1` and so on.
    static final int SOURCES = 8;

    /// A value that `fragile` cannot be computed for.
    static final int POISON = 999_983;

    /// A value that `slow` takes a minute for.
    static final int DRAG = 999_979;

    /// What may be pending for `fused`.
    static final int CEILING = 50;

    private static final int LEVELS = 3;
    private static final Pattern RELATION = Pattern.compile("(?:FROM|JOIN) ([a-z]+[a-z_0-9]*)");

    /// A stream table.
    ///
    /// @param reads the tables and stream tables that its query names
    record Table(String name, String query, String schedule, RefreshMode mode, Set<String> reads) {
        private static Table of(String name, String query, String schedule, RefreshMode mode) {
            Matcher relations = RELATION.matcher(query);
            Set<String> reads = new HashSet<>();
            while (relations.find()) {
                reads.add(relations.group(1));
            }
            return new Table(name, query, schedule, mode, Set.copyOf(reads));
        }
    }

    private final List<Table> tables = new ArrayList<>();
    private final List<Set<String>> units;

    /// Makes the tables and stream tables in an empty database.
    ///
    /// @param count stream tables of the random graph
    TurmoilGraph(TestDatabase database, long seed, int count) {
        RandomTables graph = new RandomTables(seed, SOURCES, count, LEVELS, 10);
        String app = app(database);
        database.execute(graph.sourceTables().toArray(String[]::new));
        database.execute(
                "CREATE TABLE doomed (k int, v bigint)",
                "INSERT INTO doomed SELECT i % 10, i FROM generate_series(1, 30) i",
                "CREATE TABLE ledger_a (id int GENERATED ALWAYS AS IDENTITY, amount int)",
                "CREATE TABLE ledger_b (id int GENERATED ALWAYS AS IDENTITY, amount int)",
                "CREATE TABLE mark_a (k int, v int)",
                "CREATE TABLE mark_b (k int, v int)",
                "CREATE TABLE flood (id int GENERATED ALWAYS AS IDENTITY, v int)",
                """
                CREATE FUNCTION drag(v bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS
                $$ BEGIN IF v = %d THEN PERFORM pg_sleep(60); END IF; RETURN v; END $$
                """
                        .formatted(DRAG),
                "CREATE ROLE " + app + " LOGIN",
                "GRANT CREATE ON SCHEMA public TO " + app,
                "GRANT SELECT, TRIGGER ON source_3 TO " + app);
        graph.tables()
                .forEach(it ->
                        add(it.name(), it.query(), it.schedule(), RefreshMode.valueOf(it.mode())));
        special();
        for (Table table : tables) {
            database.streamTables()
                    .create(
                            StreamTableDefinition.of(table.name(), table.query())
                                    .withMode(table.mode())
                                    .withSchedule(
                                            table.mode() == RefreshMode.IMMEDIATE
                                                    ? "calculated"
                                                    : table.schedule()));
        }
        coordinate(database, new Random(seed));
        units = Consistency.units(database, tables);
    }

    private void special() {
        add("fragile", "SELECT id, 1000 / (v - " + POISON + ") AS q FROM source_1");
        add("frail", "SELECT k, max(1000 / (v - " + POISON + ")) AS q FROM source_6 GROUP BY k");
        add("over_fragile", "SELECT q, count(*) AS n FROM fragile GROUP BY q");
        add("mate", "SELECT k % 10 AS k, count(*) AS n FROM source_2 GROUP BY k % 10");
        add("slow", "SELECT id, drag(v) AS v FROM source_2");
        add("owned", "SELECT k, count(*) AS n FROM source_3 GROUP BY k");
        add("of_doomed", "SELECT k, sum(v) AS v FROM doomed GROUP BY k");
        add("over_doomed", "SELECT d.k, d.v, s.id FROM of_doomed d JOIN source_5 s ON s.k = d.k");
        add("gated", "SELECT k, sum(v) AS v FROM source_4 GROUP BY k");
        add("sum_a", "SELECT sum(amount) AS total, count(*) AS n FROM ledger_a");
        add("sum_b", "SELECT sum(amount) AS total, count(*) AS n FROM ledger_b");
        add("left_side", "SELECT id % 5 AS g, sum(amount) AS total FROM ledger_a GROUP BY id % 5");
        add("right_side", "SELECT id % 5 AS g, count(*) AS n FROM ledger_a GROUP BY id % 5");
        add("bottom", "SELECT g, total, n FROM left_side JOIN right_side USING (g)");
        add("marked", "SELECT a.k, a.v + b.v AS v FROM mark_a a JOIN mark_b b ON b.k = a.k");
        add("fused", "SELECT id, v FROM flood");
    }

    private void add(String name, String query) {
        add(name, query, "calculated", RefreshMode.DIFFERENTIAL);
    }

    private void add(String name, String query, String schedule, RefreshMode mode) {
        tables.add(Table.of(name, query, schedule, mode));
    }

    private void coordinate(TestDatabase database, Random random) {
        try (Session session = database.session()) {
            for (Table table : tables) {
                if (table.name().startsWith("level") && random.nextInt(10) == 0) {
                    session.execute(
                            "UPDATE pgtrickle.pgt_stream_tables SET diamond_consistency = 'none' WHERE pgt_name = '"
                                    + table.name()
                                    + "'");
                }
            }
            session.execute(
                    "ALTER TABLE owned OWNER TO " + app(database),
                    "SET ROLE " + app(database),
                    "SELECT pgtrickle.allow()",
                    "RESET ROLE",
                    "SELECT pgtrickle.create_refresh_group('mixed', ARRAY['fragile', 'mate'])",
                    "SELECT pgtrickle.create_refresh_group('ledgers', ARRAY['sum_a', 'sum_b'])",
                    "SELECT pgtrickle.create_watermark_group('marks', ARRAY['mark_a', 'mark_b'], 0)",
                    "SELECT pgtrickle.advance_watermark('mark_a', '2026-01-01')",
                    "SELECT pgtrickle.advance_watermark('mark_b', '2026-01-01')",
                    "UPDATE pgtrickle.pgt_stream_tables SET fuse_mode = 'on', fuse_ceiling = "
                            + CEILING
                            + " WHERE pgt_name = 'fused'");
        }
    }

    /// The role that owns `owned`.
    static String app(TestDatabase database) {
        return database.name() + "_app";
    }

    /// Takes from that role what it has, and drops it.
    void dismiss(TestDatabase database) {
        database.execute(
                "ALTER TABLE owned OWNER TO CURRENT_USER",
                "DROP OWNED BY " + app(database),
                "DROP ROLE " + app(database));
    }

    List<Table> tables() {
        return List.copyOf(tables);
    }

    Table table(String name) {
        return tables.stream().filter(it -> it.name().equals(name)).findFirst().orElseThrow();
    }

    /// Stream tables of which none is refreshed without the others, two or more.
    List<Set<String>> units() {
        return units;
    }

    /// The stream tables that wait when some do: themselves and those that are refreshed with them.
    Set<String> together(Set<String> names) {
        Set<String> all = new HashSet<>(names);
        units.stream().filter(unit -> unit.stream().anyMatch(names::contains)).forEach(all::addAll);
        return all;
    }

    /// The stream tables with refreshes of their own that name a relation.
    Set<String> readers(String relation) {
        return tables.stream()
                .filter(it -> it.mode() != RefreshMode.IMMEDIATE && it.reads().contains(relation))
                .map(Table::name)
                .collect(Collectors.toSet());
    }
}
