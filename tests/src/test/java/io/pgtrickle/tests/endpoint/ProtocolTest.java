package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.tests.endpoint.RawClient.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Properties;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PSQLException;

/// The wire protocol, with right and wrong bytes.
final class ProtocolTest {
    private static final int SSL_REQUEST = 80877103;
    private static final int GSS_REQUEST = 80877104;
    private static final int CANCEL_REQUEST = 80877102;

    private final String secret = Secrets.random();
    private final Endpoint endpoint =
            Endpoint.start(EndpointSettings.of("service", secret), new Parrot());

    /// Whatever a client did, the next one is served.
    @AfterEach
    void close() throws IOException {
        try (RawClient client = loggedIn()) {
            assertThat(client.call("still there")).isEqualTo("still there");
        } finally {
            endpoint.close();
        }
    }

    private RawClient client() throws IOException {
        return new RawClient(endpoint.port());
    }

    private RawClient loggedIn() throws IOException {
        return RawClient.loggedIn(endpoint.port(), "service", secret);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aSessionBeginsAsPostgresBeginsIt() throws IOException {
        try (RawClient client = client()) {
            client.packet(GSS_REQUEST, new byte[0]);
            assertThat(client.answer()).isEqualTo('N');
            client.packet(SSL_REQUEST, new byte[0]);
            assertThat(client.answer()).isEqualTo('N');
            client.startup(RawClient.V30, "user", "service", "database", "shop");
            assertThat(client.login(secret).type()).isEqualTo('R');
            assertThat(client.reply()).isEqualTo(new Reply('R', "\0\0\0\0"));
            String greeting =
                    client.untilReady().stream()
                            .map(it -> it.type() + it.content())
                            .collect(Collectors.joining("\n"));
            assertThat(greeting)
                    .contains("Sclient_encoding\0UTF8\0")
                    .contains("Sserver_encoding\0UTF8\0")
                    .contains("Sserver_version\00018.0 (pg_trickle)\0")
                    .contains("Sstandard_conforming_strings\0on\0")
                    .contains("Sinteger_datetimes\0on\0")
                    .contains("SDateStyle\0ISO, MDY\0")
                    .endsWith("\nZI");
            assertThat(client.call("who")).isEqualTo("service in shop");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {RawClient.V30, RawClient.V32})
    void theKeyIsAsLongAsTheVersionWants(int version) throws IOException {
        try (RawClient client = client()) {
            client.startup(version, "user", "service");
            client.login(secret);
            assertThat(client.untilReady())
                    .filteredOn(it -> it.type() == 'K')
                    .singleElement()
                    .satisfies(it ->
                            assertThat(it.content().length())
                                    .isGreaterThan(version == RawClient.V32 ? 12 : 4));
        }
    }

    @Test
    void newerVersionsAndOptionsAreNegotiated() throws IOException {
        try (RawClient client = client()) {
            client.startup(RawClient.V30 + 9, "user", "service", "_pq_.new", "on");
            assertThat(client.reply()).isEqualTo(new Reply('v', "\0\3\0\2\0\0\0\1_pq_.new\0"));
            assertThat(client.login(secret).type()).isEqualTo('R');
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service", "_pq_.new", "on");
            assertThat(client.reply()).isEqualTo(new Reply('v', "\0\3\0\0\0\0\0\1_pq_.new\0"));
        }
    }

    @Test
    void otherStartsAreRefused() throws IOException {
        try (RawClient client = client()) {
            client.startup(2 << 16, "user", "service");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 0A000");
            assertThat(client.isClosed()).isTrue();
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "database", "shop");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 28000");
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service", "client_encoding", "KLINGON");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 0A000");
        }
        try (RawClient client = client()) {
            client.packet(SSL_REQUEST, new byte[0]);
            assertThat(client.answer()).isEqualTo('N');
            client.packet(SSL_REQUEST, new byte[0]);
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "\0\0\0\4", "\0\0\0\7abc"})
    void garbageInsteadOfAStartIsRefused(String garbage) throws IOException {
        try (RawClient client = client()) {
            client.send(ascii(garbage));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void cancelRequestsAreTakenWithoutAWord() throws IOException {
        try (RawClient other = loggedIn();
                RawClient client = client()) {
            client.packet(CANCEL_REQUEST, new byte[] {0, 0, 0, 1, 1, 2, 3, 4});
            assertThat(client.answer()).isEqualTo(-1);
            assertThat(other.call("undisturbed")).isEqualTo("undisturbed");
        }
    }

    @Test
    void wrongLoginsAreRefused() throws IOException {
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service");
            assertThat(client.login("wrong").verdict()).isEqualTo("FATAL 28P01");
            assertThat(client.isClosed()).isTrue();
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "somebody");
            assertThat(client.login(secret).verdict()).isEqualTo("FATAL 28P01");
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service");
            client.reply();
            client.query("SELECT pgtrickle.call('not logged in')");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service");
            client.reply();
            client.message('p', ascii(secret + "\0"));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
        try (RawClient client = client()) {
            client.startup(RawClient.V30, "user", "service");
            client.reply();
            client.send(RawClient.bytes('p', 1 << 20, new byte[0]));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 54000");
        }
    }

    @Test
    void theExtendedProtocolIsRefusedUpToSync() throws IOException {
        try (RawClient client = loggedIn()) {
            client.message('P', ascii("\0SELECT 1\0\0\0"));
            assertThat(client.reply().verdict()).isEqualTo("ERROR 0A000");
            client.message('B', ascii("\0\0\0\0\0\0\0\0"));
            client.message('E', ascii("\0\0\0\0\0"));
            client.query("SELECT pgtrickle.call('skipped')");
            client.message('S', new byte[0]);
            assertThat(client.reply()).isEqualTo(new Reply('Z', "I"));
            client.message('H', new byte[0]);
            client.message('c', new byte[0]);
            client.message('F', ascii("\0\0\0\0\0\0\0\0"));
            assertThat(client.reply().verdict()).isEqualTo("ERROR 0A000");
            assertThat(client.reply()).isEqualTo(new Reply('Z', "I"));
            assertThat(client.call("still there")).isEqualTo("still there");
        }
    }

    @Test
    void wrongQueriesAreErrorsOrTheEnd() throws IOException {
        try (RawClient client = loggedIn()) {
            client.message('Q', new byte[] {(byte) 0xff, 0});
            assertThat(client.reply().verdict()).isEqualTo("ERROR 22021");
            assertThat(client.reply()).isEqualTo(new Reply('Z', "I"));
            assertThat(client.ask("set client_encoding to 'KLINGON'").getFirst().verdict())
                    .isEqualTo("ERROR 0A000");
            client.message('Q', ascii("no end"));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
            assertThat(client.isClosed()).isTrue();
        }
        try (RawClient client = loggedIn()) {
            client.message('Q', ascii("two\0ends\0"));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
        try (RawClient client = loggedIn()) {
            client.message('?', new byte[0]);
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
        try (RawClient client = loggedIn()) {
            client.send(RawClient.bytes('Q', 2, new byte[0]));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 08P01");
        }
    }

    @Test
    void randomBytesAreRefused() throws IOException {
        Random random = new Random(1);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[1 + random.nextInt(64)];
            random.nextBytes(bytes);
            try (RawClient client = i % 2 == 0 ? client() : loggedIn()) {
                client.send(bytes);
                client.socket().shutdownOutput();
                assertThat(client.isClosed()).isTrue();
            }
        }
    }

    @Test
    void clientsMayGoAtAnyByte() throws IOException {
        byte[] call = ascii("SELECT pgtrickle.call('x')\0");
        byte[] message = RawClient.bytes('Q', call.length + 4, call);
        for (int length = 0; length < message.length; length++) {
            try (RawClient client = loggedIn()) {
                client.send(Arrays.copyOf(message, length));
                client.socket().shutdownOutput();
                assertThat(client.answer()).isEqualTo(-1);
            }
        }
    }

    private Connection jdbc(String mode) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", "service");
        properties.setProperty("password", secret);
        properties.setProperty("preferQueryMode", mode);
        // Else it would run SET statements first.
        properties.setProperty("assumeMinServerVersion", "9.0");
        return DriverManager.getConnection(
                "jdbc:postgresql://127.0.0.1:" + endpoint.port() + "/shop", properties);
    }

    @Test
    void pgjdbcCallsByTheSimpleProtocol() throws SQLException {
        try (Connection connection = jdbc("simple");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pgtrickle.call('größe')")) {
            assertThat(rows.getMetaData().getColumnName(1)).isEqualTo("answer");
            assertThat(rows.getMetaData().getColumnTypeName(1)).isEqualTo("text");
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo("größe");
            assertThat(rows.next()).isFalse();
        }
    }

    @Test
    void pgjdbcIsToldThatThereIsNoExtendedProtocol() throws SQLException {
        try (Connection connection = jdbc("extended")) {
            for (int i = 0; i < 3; i++) {
                try (PreparedStatement statement =
                        connection.prepareStatement("SELECT pgtrickle.call(?)")) {
                    statement.setString(1, "x");
                    assertThatThrownBy(statement::executeQuery)
                            .isInstanceOfSatisfying(
                                    PSQLException.class,
                                    e -> assertThat(e.getSQLState()).isEqualTo("0A000"));
                }
            }
        }
    }
}
