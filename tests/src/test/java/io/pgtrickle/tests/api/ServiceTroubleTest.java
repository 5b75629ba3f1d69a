package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.Talk;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// A service that is slow, answers nonsense, is another one or goes away: calls fail clearly and in
/// time, and leave nothing but a transaction to roll back.
@Timeout(60)
final class ServiceTroubleTest {
    private static final String REFRESH = "SELECT pgtrickle.refresh_stream_table('totals')";
    private static final String LOCKS =
            "SELECT count(*) FROM pg_locks WHERE relation = 'orders'::regclass";

    /// Longer than any of these calls may take, shorter than waiting for ever.
    private static final Duration SOON = Duration.ofSeconds(8);

    private static ApiDatabase database;
    private Session session;

    @BeforeAll
    static void start() {
        database = ApiDatabase.create();
        try (Session session = database.session()) {
            session.execute(
                    "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount numeric)",
                    "SELECT pgtrickle.create_stream_table('totals', 'SELECT customer, sum(amount) AS total FROM orders"
                            + " GROUP BY customer', schedule => '1h')");
        }
        database.stopService();
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    void connect() {
        session = database.session();
        session.execute("SET pg_trickle.service_timeout_ms = 400");
    }

    /// After everything, a service that works is all it takes.
    @AfterEach
    void theNextServiceWorks() {
        session.execute("ROLLBACK");
        assertThat(session.value(LOCKS)).isEqualTo("0");
        database.startService();
        try {
            session.execute(
                    "SET pg_trickle.service_timeout_ms = 30000",
                    "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                    REFRESH);
            assertThat(session.value("SELECT total FROM totals WHERE customer = 1"))
                    .isEqualTo(session.value("SELECT sum(amount) FROM orders WHERE customer = 1"));
        } finally {
            session.close();
            database.stopService();
        }
    }

    private ServerErrorMessage error(String sql) {
        long start = System.nanoTime();
        try {
            session.execute(sql);
        } catch (IllegalStateException e) {
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
            if (e.getCause() instanceof PSQLException cause
                    && cause.getServerErrorMessage() != null) {
                return cause.getServerErrorMessage();
            }
            throw e;
        }
        throw new AssertionError("no error from " + sql);
    }

    private static String verdict(ServerErrorMessage error) {
        return error.getSQLState() + " " + error.getMessage();
    }

    private static Stream<Arguments> slowness() {
        return Stream.of(
                Arguments.of("at once", (Talk) FakeService::silent),
                Arguments.of("after a lock", (Talk) ServiceTroubleTest::lockThenSilence),
                Arguments.of(
                        "in a block",
                        (Talk)
                                it -> {
                                    FakeService.answer(it, "{\"do\": \"begin\", \"sql\": []}");
                                    lockThenSilence(it);
                                }));
    }

    private static void lockThenSilence(Conversation conversation) throws IOException {
        FakeService.answer(
                conversation,
                "{\"do\": \"execute\", \"sql\": [\"LOCK TABLE public.orders IN SHARE MODE\"]}");
        FakeService.silent(conversation);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("slowness")
    void aSlowServiceIsGivenUp(String name, Talk talk) {
        try (FakeService _ = FakeService.start(database, talk)) {
            session.execute("BEGIN", "SAVEPOINT a");
            ServerErrorMessage error = error(REFRESH);
            assertThat(verdict(error))
                    .as(name)
                    .isEqualTo("57014 the pg_trickle service did not answer within 00:00:00.4");
            assertThat(error.getHint()).contains("pg_trickle.service_timeout_ms");
            session.execute("ROLLBACK TO a");
            assertThat(session.value(LOCKS)).isEqualTo("0");
            session.execute("INSERT INTO orders (customer, amount) VALUES (2, 1)", "COMMIT");
        }
    }

    @Test
    void writersDoNotNoticeASilentService() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        Talk talk =
                it -> {
                    FakeService.answer(
                            it,
                            "{\"do\": \"query\", \"sql\": [\"SELECT count(*) FROM public.orders\"]}");
                    it.request();
                    asked.countDown();
                    FakeService.hang();
                };
        try (FakeService _ = FakeService.start(database, talk);
                Session writer = database.session();
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            session.execute("SET pg_trickle.service_timeout_ms = 3000");
            Future<ServerErrorMessage> call = executor.submit(() -> error(REFRESH));
            assertThat(asked.await(8, TimeUnit.SECONDS)).isTrue();
            writer.execute(
                    "SET statement_timeout = '2s'",
                    "INSERT INTO orders (customer, amount) VALUES (3, 1)",
                    "UPDATE orders SET amount = 2 WHERE customer = 3",
                    "CREATE INDEX ON orders (customer)",
                    "DELETE FROM orders WHERE customer = 3");
            assertThat(call.isDone()).isFalse();
            assertThat(call.get().getSQLState()).isEqualTo("57014");
        }
    }

    @Test
    void aCancelledCallIsOverAtOnce() {
        try (FakeService _ = FakeService.start(database, FakeService::silent)) {
            session.execute(
                    "SET pg_trickle.service_timeout_ms = 30000", "SET statement_timeout = '300ms'");
            assertThat(error(REFRESH).getSQLState()).isEqualTo("57014");
            session.execute("RESET statement_timeout");
        }
    }

    private static Stream<Arguments> nonsense() {
        String sealed = "08P01 what answers at 127.0.0.1:";
        return Stream.of(
                Arguments.of("no seal", talk("{\"do\": \"done\"}"), sealed),
                Arguments.of("not JSON", sealed("done"), sealed),
                Arguments.of("no object", sealed("[1, 2]"), sealed),
                Arguments.of(
                        "no step",
                        sealed("{\"answer\": 42}"),
                        "08P01 the pg_trickle service gave an answer that is none"),
                Arguments.of(
                        "unknown step",
                        sealed("{\"do\": \"dance\"}"),
                        "08P01 the pg_trickle service gave an answer that is none"),
                Arguments.of(
                        "unknown step in a block",
                        (Talk)
                                it -> {
                                    FakeService.answer(it, "{\"do\": \"begin\", \"sql\": []}");
                                    FakeService.answer(it, "{\"do\": \"dance\"}");
                                },
                        "08P01 the pg_trickle service gave an answer that is none"),
                Arguments.of(
                        "an old answer",
                        (Talk)
                                it -> {
                                    it.request();
                                    it.answer(
                                            "0".repeat(64)
                                                    + " {\"do\": \"done\", \"result\": null, \"notices\": []}");
                                },
                        sealed));
    }

    private static Talk talk(String answer) {
        return it -> {
            it.request();
            it.answer(answer);
        };
    }

    private static Talk sealed(String answer) {
        return it -> FakeService.answer(it, answer);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("nonsense")
    void nonsenseIsNotDone(String name, Talk talk, String verdict) {
        try (FakeService _ = FakeService.start(database, talk)) {
            ServerErrorMessage error = error(REFRESH);
            assertThat(verdict(error)).as(name).startsWith(verdict);
            assertThat(error.getHint()).contains("version 0.1.0");
        }
    }

    @ParameterizedTest
    @MethodSource("bytes")
    void whatIsNoServerCannotBeReached(String bytes) throws Exception {
        try (Session _ = FakeService.lease(database);
                ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
                ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            Future<?> _ =
                    executor.submit(() -> {
                        while (!server.isClosed()) {
                            try (Socket client = server.accept();
                                    OutputStream out = client.getOutputStream()) {
                                client.getInputStream().skip(1);
                                out.write(bytes.getBytes(StandardCharsets.ISO_8859_1));
                            }
                        }
                        return true;
                    });
            FakeService.register(database, server.getLocalPort());
            ServerErrorMessage error = error(REFRESH);
            assertThat(verdict(error)).startsWith("08001 the pg_trickle service at 127.0.0.1:");
            assertThat(error.getHint()).contains("reachable from the database server");
            assertThat(error.getDetail()).isNotEmpty();
        }
    }

    private static List<String> bytes() {
        return List.of("", "HTTP/1.1 400 Bad Request\r\n\r\n", "R\0\0\0\u0008\0\0\0\0Zx", "\0\0\0");
    }

    @Test
    void aServiceOfAnotherVersionSaysSo() {
        database.startService();
        session.execute(
                "SET pg_trickle.service_timeout_ms = 30000",
                "BEGIN",
                "DO $do$ BEGIN EXECUTE replace(pg_get_functiondef((SELECT oid FROM pg_proc WHERE proname = '_perform'"
                        + " AND pronamespace = 'pgtrickle'::regnamespace)), '0.1.0', '0.9.9'); END $do$");
        ServerErrorMessage error = error(REFRESH);
        session.execute("ROLLBACK");
        database.stopService();
        assertThat(verdict(error)).startsWith("55000 pg_trickle 0.9.9 is installed");
        assertThat(error.getMessage()).contains("the service is of version 0.1.0");
        assertThat(error.getHint()).isNotEmpty();
    }

    @Test
    void aServiceThatLeavesInTheMiddleEndsTheCall() {
        Talk talk =
                it -> {
                    FakeService.answer(it, "{\"do\": \"begin\", \"sql\": []}");
                    FakeService.answer(
                            it,
                            "{\"do\": \"update\", \"sql\": [\"INSERT INTO public.orders (customer) VALUES (77)\"]}");
                    it.request();
                };
        try (FakeService _ = FakeService.start(database, talk)) {
            ServerErrorMessage error = error(REFRESH);
            assertThat(error.getSQLState()).isIn("08006", "08000");
            assertThat(error.getHint()).contains("is running");
            assertThat(session.value("SELECT count(*) FROM orders WHERE customer = 77"))
                    .isEqualTo("0");
        }
    }

    @Test
    void anAddressWithoutAnybodyIsSaidToBeOne() {
        FakeService.register(database, 1);
        assertThat(verdict(error(REFRESH)))
                .isEqualTo("55000 no pg_trickle service is running for this database");
        try (Session _ = FakeService.lease(database)) {
            assertThat(verdict(error(REFRESH)))
                    .isEqualTo("08001 the pg_trickle service at 127.0.0.1:1 cannot be reached");
        }
    }

    /// The kernel accepts connections for a process that hangs, and dblink would wait for it.
    @Test
    void aServiceThatHangsIsNotWaitedFor() throws Exception {
        try (Session lease = FakeService.lease(database);
                ServerSocket server = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
                Session observer = database.session()) {
            FakeService.register(database, server.getLocalPort());
            String silent =
                    "SELECT clock_timestamp() - state_change > interval '15.2 s' FROM pg_stat_activity WHERE pid = "
                            + lease.value("SELECT pg_backend_pid()");
            while (observer.value(silent).equals("f")) {
                observer.value("SELECT pg_sleep(0.1)");
            }
            ServerErrorMessage error = error(REFRESH);
            assertThat(verdict(error)).startsWith("55000 the pg_trickle service at");
            assertThat(error.getMessage()).endsWith("does not respond");
            lease.execute("SELECT 1");
        }
    }

    @Test
    void anIdleConnectionThatBrokeIsMadeAgain() {
        Talk talk =
                it -> {
                    while (true) {
                        FakeService.answer(
                                it, "{\"do\": \"done\", \"result\": null, \"notices\": []}");
                    }
                };
        try (Session _ = FakeService.lease(database)) {
            int port;
            try (Endpoint first = FakeService.listen(0, FakeService.SECRET, talk)) {
                port = first.port();
                FakeService.register(database, port);
                session.execute(REFRESH, REFRESH);
            }
            try (Endpoint _ = FakeService.listen(port, FakeService.SECRET, talk)) {
                session.execute(REFRESH);
            }
            assertThat(error(REFRESH).getSQLState()).isEqualTo("08001");
        }
    }

    @Test
    void connectionsOfTheCallerAreLeftAlone() {
        try (FakeService service =
                FakeService.start(
                        database,
                        sealed("{\"do\": \"done\", \"result\": null, \"notices\": []}"))) {
            String own = "host=127.0.0.1 port=" + service.port() + " user=pgtrickle password=";
            session.execute(
                    "SELECT dblink_connect('pgtrickle_mine', '"
                            + own
                            + "''"
                            + FakeService.SECRET
                            + "''')",
                    REFRESH,
                    REFRESH);
            assertThat(session.value("SELECT 'pgtrickle_mine' = ANY (dblink_get_connections())"))
                    .isEqualTo("t");
            assertThat(session.value("SELECT cardinality(dblink_get_connections())"))
                    .isEqualTo("2");
        }
    }

    /// The session's connections are everybody's who can run something in it.
    @Test
    void aConnectionThatIsReplacedGivesNoOrders() {
        Talk hostile =
                it -> {
                    String nonce = it.request().split(" ", 4)[2];
                    it.answer(
                            nonce.repeat(2).substring(0, 64)
                                    + " {\"do\": \"execute\", \"sql\": [\"DELETE FROM public.orders\"]}");
                };
        try (FakeService _ =
                        FakeService.start(
                                database,
                                sealed("{\"do\": \"done\", \"result\": null, \"notices\": []}"));
                Endpoint other = FakeService.listen(0, "another secret", hostile)) {
            session.execute(REFRESH);
            String name = session.value("SELECT (dblink_get_connections())[1]");
            session.execute(
                    "INSERT INTO orders (customer) VALUES (5)",
                    "SELECT dblink_disconnect('" + name + "')",
                    "SELECT dblink_connect('"
                            + name
                            + "', 'host=127.0.0.1 port="
                            + other.port()
                            + " user=pgtrickle password=''another secret''')");
            assertThat(verdict(error(REFRESH))).startsWith("08P01 what answers at");
            assertThat(session.value("SELECT count(*) > 0 FROM orders")).isEqualTo("t");
        }
    }

    /// Nor does the service take orders from anybody else.
    @Test
    void aRequestThatTheDatabaseHasNotMadeIsRefused() {
        database.startService();
        session.execute("SET pg_trickle.service_timeout_ms = 30000", REFRESH);
        ServerErrorMessage error =
                error(
                        "SELECT * FROM dblink((dblink_get_connections())[1], $$SELECT pgtrickle.call('{\"call\": \"x\"}')$$)"
                                + " AS r(answer text)");
        assertThat(error.getSQLState()).isEqualTo("08P01");
        database.stopService();
    }
}
