package io.pgtrickle.tests.turmoil;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;

/// All kinds of trouble.
final class Troubles {
    private Troubles() {}

    /// Each kind once; a kind is used by one thread at a time.
    static List<Trouble> all(TestDatabase database, TurmoilGraph graph, Random random) {
        return List.of(
                new Poison(database, "fragile", "source_1", TurmoilGraph.POISON, "22012"),
                new Poison(database, "slow", "source_2", TurmoilGraph.DRAG, "57014"),
                new Corrected(database),
                new Revoked(TurmoilGraph.app(database)),
                new Dropped(),
                new Locked(database, graph, new Random(random.nextLong())),
                new Killed(new Random(random.nextLong())),
                new Gated(graph),
                new Apart(),
                new Flooded());
    }

    private static String state(String table, String condition) {
        return "SELECT "
                + condition
                + " FROM pgtrickle.pgt_stream_tables WHERE pgt_name = '"
                + table
                + "'";
    }

    private static String rows(String table) {
        return "SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM " + table + " t";
    }

    /// A row that a query cannot be computed for, or not in time: the stream table is suspended,
    /// and resumed when the row is gone.
    private record Poison(
            TestDatabase database, String table, String source, int value, String sqlState)
            implements Trouble {
        @Override
        public String name() {
            return "SQLSTATE " + sqlState + " in " + table;
        }

        @Override
        public Set<String> strikes() {
            return Set.of(table);
        }

        @Override
        public Set<String> stops() {
            return Set.of(table);
        }

        @Override
        public void strike(Session session) {
            session.execute("INSERT INTO " + source + " (k, v) VALUES (-1, " + value + ")");
        }

        @Override
        public Optional<String> comes() {
            return Optional.of(
                    state(
                            table,
                            "status = 'SUSPENDED' AND consecutive_errors >= 2 AND (SELECT h.error_sqlstate = '"
                                    + sqlState
                                    + "' FROM pgtrickle.pgt_refresh_history h WHERE h.pgt_id = pgt_stream_tables.pgt_id"
                                    + " ORDER BY h.refresh_id DESC LIMIT 1)"));
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(rows(table));
        }

        @Override
        public void heal(Session session) {
            session.execute("DELETE FROM " + source + " WHERE k = -1");
            database.streamTables().alter(table, Alteration.none().withStatus("ACTIVE"));
        }
    }

    /// A row that a query cannot be computed for is corrected, as a rule before the stream table is
    /// suspended.
    private record Corrected(TestDatabase database) implements Trouble {
        @Override
        public String name() {
            return "an error that is corrected";
        }

        @Override
        public Set<String> strikes() {
            return Set.of("frail");
        }

        @Override
        public Set<String> stops() {
            return Set.of("frail");
        }

        @Override
        public void strike(Session session) {
            session.execute("INSERT INTO source_6 (k, v) VALUES (-1, " + TurmoilGraph.POISON + ")");
        }

        @Override
        public Optional<String> comes() {
            return Optional.of(
                    state(
                            "frail",
                            "consecutive_errors > 0 AND last_error_message LIKE '%division%'"));
        }

        @Override
        public void heal(Session session) {
            session.execute("UPDATE source_6 SET v = 1 WHERE k = -1");
            if (session.value(state("frail", "status")).equals("SUSPENDED")) {
                database.streamTables().alter("frail", Alteration.none().withStatus("ACTIVE"));
            }
        }

        @Override
        public Duration lasts() {
            return Duration.ZERO;
        }
    }

    /// The owner of a stream table may not read its source any more.
    private record Revoked(String role) implements Trouble {
        @Override
        public String name() {
            return "revoked privileges";
        }

        @Override
        public Set<String> strikes() {
            return Set.of("owned");
        }

        @Override
        public void strike(Session session) {
            session.execute("REVOKE SELECT ON source_3 FROM " + role);
        }

        @Override
        public Optional<String> comes() {
            return Optional.of(
                    state(
                            "owned",
                            "status = 'ACTIVE' AND consecutive_errors > 0 AND last_error_message LIKE '%permission denied%'"));
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(rows("owned"));
        }

        @Override
        public void heal(Session session) {
            session.execute("GRANT SELECT ON source_3 TO " + role);
        }
    }

    /// A source is dropped, and made again.
    private record Dropped() implements Trouble {
        @Override
        public String name() {
            return "a dropped source";
        }

        @Override
        public Set<String> strikes() {
            return Set.of("of_doomed");
        }

        @Override
        public Set<String> stops() {
            return Set.of("of_doomed");
        }

        @Override
        public void strike(Session session) {
            session.execute("DROP TABLE doomed");
        }

        @Override
        public Optional<String> comes() {
            return Optional.of(state("of_doomed", "status = 'ERROR'"));
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(rows("of_doomed"));
        }

        @Override
        public void heal(Session session) {
            session.execute(
                    "CREATE TABLE doomed (k int, v bigint)",
                    "INSERT INTO doomed SELECT i % 10, i * 7 FROM generate_series(1, 30) i");
        }
    }

    /// Somebody keeps a source locked against readers.
    private static final class Locked implements Trouble {
        private final TestDatabase database;
        private final TurmoilGraph graph;
        private final Random random;
        private String source = "";
        private Optional<Session> holder = Optional.empty();

        Locked(TestDatabase database, TurmoilGraph graph, Random random) {
            this.database = database;
            this.graph = graph;
            this.random = random;
        }

        @Override
        public String name() {
            return "a lock on " + source;
        }

        /// Another source each time.
        @Override
        public Set<String> strikes() {
            if (holder.isEmpty()) {
                source = "source_" + (1 + random.nextInt(TurmoilGraph.SOURCES));
            }
            return graph.readers(source);
        }

        @Override
        public void strike(Session session) {
            Session locking = database.session();
            holder = Optional.of(locking);
            locking.execute("BEGIN", "LOCK TABLE " + source + " IN ACCESS EXCLUSIVE MODE");
        }

        @Override
        public void heal(Session session) {
            holder.ifPresent(Session::close);
            holder = Optional.empty();
        }

        @Override
        public Duration lasts() {
            return Duration.ofSeconds(6);
        }
    }

    /// Sessions of the service are ended.
    private record Killed(Random random) implements Trouble {
        @Override
        public String name() {
            return "killed backends";
        }

        @Override
        public Set<String> strikes() {
            return Set.of();
        }

        @Override
        public void strike(Session session) {
            String which =
                    switch (random.nextInt(4)) {
                        case 0 -> "application_name LIKE 'pg_trickle%'";
                        case 1 -> "application_name = 'pg_trickle lease'";
                        default -> "application_name = 'pg_trickle' AND state <> 'idle'";
                    };
            session.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
                            + which);
        }

        @Override
        public void heal(Session session) {}

        @Override
        public Duration lasts() {
            return Duration.ofSeconds(1);
        }
    }

    /// A source is gated.
    private record Gated(TurmoilGraph graph) implements Trouble {
        @Override
        public String name() {
            return "a gate";
        }

        @Override
        public Set<String> strikes() {
            return graph.readers("source_4");
        }

        @Override
        public void strike(Session session) {
            session.execute("SELECT pgtrickle.gate_source('source_4')");
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(
                    graph.together(strikes()).stream()
                            .sorted()
                            .map(it -> "' " + it + " ' || (" + rows(it) + ")")
                            .collect(Collectors.joining(" || ", "SELECT ", "")));
        }

        @Override
        public void heal(Session session) {
            session.execute("SELECT pgtrickle.ungate_source('source_4')");
        }

        @Override
        public Duration lasts() {
            return Duration.ofSeconds(4);
        }
    }

    /// Watermarks are apart.
    private record Apart() implements Trouble {
        private static String advance(String source) {
            return "SELECT pgtrickle.advance_watermark('"
                    + source
                    + "', (SELECT max(watermark) FROM pgtrickle.pgt_watermarks) + interval '1 day' * "
                    + (source.equals("mark_a") ? 1 : 0)
                    + ")";
        }

        @Override
        public String name() {
            return "watermarks apart";
        }

        @Override
        public Set<String> strikes() {
            return Set.of("marked");
        }

        @Override
        public void strike(Session session) {
            session.execute(advance("mark_a"));
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(rows("marked"));
        }

        @Override
        public void heal(Session session) {
            session.execute(advance("mark_b"));
        }
    }

    /// More changes than a fuse lets through.
    private record Flooded() implements Trouble {
        @Override
        public String name() {
            return "a flood";
        }

        @Override
        public Set<String> strikes() {
            return Set.of("fused");
        }

        @Override
        public Set<String> stops() {
            return Set.of("fused");
        }

        @Override
        public void strike(Session session) {
            session.execute(
                    "INSERT INTO flood (v) SELECT i FROM generate_series(1, "
                            + (TurmoilGraph.CEILING + 1)
                            + ") i");
        }

        @Override
        public Optional<String> comes() {
            return Optional.of(state("fused", "status = 'SUSPENDED' AND fuse_state = 'blown'"));
        }

        @Override
        public Optional<String> stays() {
            return Optional.of(rows("fused"));
        }

        @Override
        public void heal(Session session) {
            session.execute("SELECT pgtrickle.reset_fuse('fused', 'apply')");
        }
    }
}
