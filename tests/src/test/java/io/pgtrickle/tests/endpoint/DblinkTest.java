package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.EndpointSettings.Address;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.ServerErrorMessage;

/// Calls from SQL, as a role that is no superuser.
final class DblinkTest {
    private final String secret = Secrets.random();
    private final EndpointSettings settings = EndpointSettings.of("service", secret);
    private final TestDatabase database = TestServer.shared().emptyDatabase();
    private final Endpoint endpoint = Endpoint.start(settings, new Parrot());

    @BeforeEach
    void install() {
        database.execute("CREATE EXTENSION dblink");
    }

    @AfterEach
    void close() {
        endpoint.close();
        database.close();
    }

    private Caller caller() throws SQLException {
        return new Caller(database.dataSource().getConnection());
    }

    private String address() {
        return address(secret);
    }

    private String address(String password) {
        return "host=127.0.0.1 port="
                + endpoint.port()
                + " user=service dbname=shop password="
                + password;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "plain",
                "it's",
                "''",
                "'",
                "\\",
                "C:\\it's\\",
                "\\'",
                "line\r\nbreak\ttab",
                "größe ß",
                "emoji 😀 and 漢字",
                "{\"a\": \"b\\\"c\", \"d\": \"it's\"}",
                "'); DROP TABLE t; --",
                "$$ $1 ? % ;",
            })
    void answersAreWhatWasAsked(String text) throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            assertThat(caller.call("c", text)).isEqualTo(text);
        }
    }

    @Test
    void oneConnectionServesManyCalls() throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            for (int i = 0; i < 100; i++) {
                assertThat(caller.call("c", "request " + i)).isEqualTo("request " + i);
            }
            assertThat(caller.call("c", "who")).isEqualTo("service in shop");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "it's \\ ", "größe😀"})
    void fiveMegabytesGoBothWays(String text) throws SQLException {
        String large = text.repeat(5_000_000 / text.length());
        try (Caller caller = caller()) {
            caller.connect("c", address());
            assertThat(caller.call("c", large).equals(large)).isTrue();
        }
    }

    @Test
    void errorsArriveUnchanged() throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            Throwable thrown = catchThrowable(() -> caller.call("c", "fail"));
            ServerErrorMessage error = Caller.server(thrown);
            assertThat(error.getSQLState()).isEqualTo(Parrot.error().sqlState());
            assertThat(error.getMessage()).isEqualTo(Parrot.error().getMessage());
            assertThat(error.getDetail()).isEqualTo(Parrot.error().detail().orElseThrow());
            assertThat(error.getHint()).isEqualTo(Parrot.error().hint().orElseThrow());
            assertThat(caller.call("c", "still there")).isEqualTo("still there");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"SELECT 1", "BEGIN", "SELECT pgtrickle.call('a') AS b", ""})
    void nothingElseIsServed(String sql) throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            ServerErrorMessage error = Caller.server(catchThrowable(() -> caller.ask("c", sql)));
            assertThat(error.getSQLState()).isEqualTo("0A000");
            assertThat(error.getMessage()).isEqualTo("only pgtrickle.call is served here");
            assertThat(caller.call("c", "still there")).isEqualTo("still there");
        }
    }

    @Test
    void aWrongSecretAndAWrongUserAreRefusedInTheSameWay() throws SQLException {
        try (Caller caller = caller()) {
            String wrongSecret = refused(caller, address("wrong"));
            String wrongUser = refused(caller, address().replace("user=service", "user=somebody"));
            assertThat(wrongSecret).contains("password authentication failed for user \"service\"");
            assertThat(wrongUser.replace("somebody", "service")).isEqualTo(wrongSecret);
        }
    }

    private static String refused(Caller caller, String address) {
        Throwable thrown = catchThrowable(() -> caller.connect("c", address));
        return String.valueOf(Caller.server(thrown).getDetail());
    }

    @Test
    void theSecretNeverTravels() throws Exception {
        try (Wiretap wiretap = new Wiretap(endpoint.port());
                Caller caller = caller()) {
            String port = "port=" + endpoint.port();
            caller.connect("c", address().replace(port, "port=" + wiretap.port()));
            assertThat(caller.call("c", "overheard")).isEqualTo("overheard");
            assertThat(wiretap.heard())
                    .contains("SCRAM-SHA-256", "overheard")
                    .doesNotContain(secret);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"3.0", "3.2", "latest"})
    void protocolVersionsAreSpoken(String version) throws SQLException {
        try (Caller caller = caller()) {
            if (Integer.parseInt(caller.query("SHOW server_version_num")) < 180000) {
                // Its libpq knows 3.0 only, and no such parameter.
                version = "3.0";
                caller.connect("c", address());
            } else {
                caller.connect("c", address() + " max_protocol_version=" + version);
            }
            assertThat(caller.call("c", version)).isEqualTo(version);
        }
    }

    @Test
    void aCallThatIsCancelledDoesNoHarm() throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            assertThat(caller.query("SELECT dblink_send_query('c', 'SELECT 1')")).isEqualTo("1");
            assertThat(caller.query("SELECT dblink_cancel_query('c')")).isEqualTo("OK");
            caller.query("SELECT count(*) FROM dblink_get_result('c', false) AS t (answer text)");
            caller.query("SELECT count(*) FROM dblink_get_result('c', false) AS t (answer text)");
            assertThat(caller.call("c", "still there")).isEqualTo("still there");
        }
    }

    /// `dblink()` itself waits for the answer even when it is cancelled; these two functions do
    /// not.
    @Test
    void aCallThatTimesOutLeavesNothing() throws SQLException {
        String result = "SELECT * FROM dblink_get_result('c') AS t (answer text)";
        try (Caller caller = caller()) {
            caller.connect("c", address());
            caller.query("SELECT dblink_send_query('c', 'SELECT pgtrickle.call(''x'')')");
            assertThat(caller.query(result)).isEqualTo("x");
            // And once more, without rows, until dblink takes the next query.
            caller.execute(result);
            caller.query("SELECT dblink_send_query('c', 'SELECT pgtrickle.call(''wait'')')");
            caller.query("SELECT set_config('statement_timeout', '200ms', false)");
            assertThatThrownBy(() -> caller.query(result))
                    .hasMessageContaining("canceling statement due to statement timeout");
            caller.query("SELECT set_config('statement_timeout', '0', false)");
            caller.disconnect("c");
            caller.connect("c", address());
            assertThat(caller.call("c", "next")).isEqualTo("next");
        }
    }

    private static String state(Caller caller, String request) {
        Throwable thrown = catchThrowable(() -> caller.call("c", request));
        return String.valueOf(Caller.server(thrown).getSQLState());
    }

    @Test
    void whoseAnswerFailsIsTold() throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            assertThatThrownBy(() -> caller.call("c", "throw"))
                    .hasMessageContaining(Parrot.error().getMessage());
            caller.disconnect("c");
            caller.connect("c", address());
            assertThatThrownBy(() -> caller.call("c", "defect"))
                    .hasMessageContaining("the service failed by a defect")
                    .hasMessageContaining("IllegalStateException");
            caller.disconnect("c");
            caller.connect("c", address());
            assertThat(caller.call("c", "leave")).isEqualTo("bye");
            assertThat(state(caller, "gone")).isEqualTo("08006");
        }
    }

    @Test
    void afterARestartClientsConnectAgain() throws SQLException {
        try (Caller caller = caller()) {
            caller.connect("c", address());
            assertThat(caller.call("c", "before")).isEqualTo("before");
            endpoint.close();
            Throwable closed = catchThrowable(() -> caller.call("c", "closed"));
            assertThat(closed).hasMessageContaining("the service of pg_trickle is shutting down");
            // What dblink makes of 57P01 and the end of the connection.
            assertThat(Caller.server(closed).getSQLState()).isEqualTo("08006");
            caller.disconnect("c");
            assertThatThrownBy(() -> caller.connect("c", address()))
                    .hasMessageContaining("could not establish connection");
            Address same = new Address(settings.address().bind(), endpoint.port());
            try (Endpoint _ = Endpoint.start(settings.withAddress(same), new Parrot())) {
                caller.connect("c", address());
                assertThat(caller.call("c", "after")).isEqualTo("after");
            }
        }
    }

    @Test
    void twoHundredConnectionsAtOnce() throws Exception {
        int sessions = 20;
        int each = 10;
        CountDownLatch connected = new CountDownLatch(sessions);
        try (ExecutorService threads = Executors.newFixedThreadPool(sessions)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int s = 0; s < sessions; s++) {
                results.add(threads.submit(() -> callFrom(each, connected)));
            }
            int answers = 0;
            for (Future<Integer> result : results) {
                answers += result.get(60, TimeUnit.SECONDS);
            }
            assertThat(answers).isEqualTo(sessions * each * 3);
        }
    }

    private int callFrom(int connections, CountDownLatch connected) throws Exception {
        int answers = 0;
        try (Caller caller = caller()) {
            for (int i = 0; i < connections; i++) {
                caller.connect("c" + i, address());
            }
            connected.countDown();
            assertThat(connected.await(60, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < connections * 3; i++) {
                String text = caller.hashCode() + " " + i;
                assertThat(caller.call("c" + i % connections, text)).isEqualTo(text);
                answers++;
            }
        }
        return answers;
    }
}
