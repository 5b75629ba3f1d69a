package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.tests.postgres.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Calls from databases that do not speak UTF-8.
final class DblinkEncodingTest {
    @ParameterizedTest
    @CsvSource({
        "LATIN1, größe £\\'",
        "LATIN2, řeka\\",
        "LATIN9, größe €",
        "WIN1252, größe € „x“",
        "KOI8R, 'река\\''s'",
        "EUC_JP, 表 能 漢字\\",
        "EUC_KR, 한국어",
    })
    void textsComeBack(String encoding, String text) throws SQLException {
        inDatabase(
                encoding,
                caller -> {
                    assertThat(caller.call("c", text)).isEqualTo(text);
                    Throwable missing = catchThrowable(() -> caller.call("c", "smile"));
                    assertThat(Caller.server(missing).getSQLState()).isEqualTo("22P05");
                    Throwable failure = catchThrowable(() -> caller.call("c", "fail"));
                    assertThat(withoutGerman(Caller.server(failure).getMessage()))
                            .isEqualTo(withoutGerman(Parrot.error().getMessage()));
                    assertThat(caller.call("c", text)).isEqualTo(text);
                });
    }

    @Test
    void aDatabaseThatDoesNotCareIsTakenAtItsWord() throws SQLException {
        inDatabase(
                "SQL_ASCII",
                caller -> {
                    assertThat(caller.call("c", "größe 😀")).isEqualTo("größe 😀");
                    String notUtf8 =
                            "SELECT * FROM dblink('c', 'SELECT pgtrickle.call('"
                                    + " || quote_literal(chr(255)) || ')') AS t (answer text)";
                    Throwable thrown = catchThrowable(() -> caller.query(notUtf8));
                    assertThat(Caller.server(thrown).getSQLState()).isEqualTo("22021");
                    assertThat(caller.call("c", "still there")).isEqualTo("still there");
                });
    }

    /// What is done with a caller that is connected as `c`.
    private interface Exchange {
        void with(Caller caller) throws SQLException;
    }

    private static void inDatabase(String encoding, Exchange exchange) throws SQLException {
        String name =
                "pgt_" + ProcessHandle.current().pid() + "_" + encoding.toLowerCase(Locale.ROOT);
        String secret = Secrets.random();
        try (Connection server = connect("postgres");
                Statement statement = server.createStatement();
                Endpoint endpoint =
                        Endpoint.start(EndpointSettings.of("service", secret), new Parrot())) {
            statement.execute(
                    "CREATE DATABASE "
                            + name
                            + " TEMPLATE template0 LOCALE 'C' ENCODING '"
                            + encoding
                            + "'");
            try (Caller caller = caller(name)) {
                caller.connect(
                        "c",
                        "host=127.0.0.1 user=service dbname=x port="
                                + endpoint.port()
                                + " password="
                                + secret);
                exchange.with(caller);
            } finally {
                statement.execute("DROP DATABASE " + name + " WITH (FORCE)");
            }
        }
    }

    private static Caller caller(String database) throws SQLException {
        Connection connection = connect(database);
        try (Statement statement = connection.createStatement()) {
            statement.execute("CREATE EXTENSION dblink");
        }
        return new Caller(connection);
    }

    /// Letters that some of the encodings lack.
    private static String withoutGerman(@Nullable String message) {
        return String.valueOf(message).replaceAll("[öß]", "?");
    }

    private static Connection connect(String database) throws SQLException {
        return DriverManager.getConnection(TestServer.shared().url(database));
    }
}
