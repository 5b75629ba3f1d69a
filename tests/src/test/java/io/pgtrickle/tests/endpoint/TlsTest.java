package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.PemFiles;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Encrypted connections.
final class TlsTest {
    private static final String PASSWORD = "changeit";
    private static final Base64.Encoder PEM = Base64.getMimeEncoder(64, new byte[] {'\n'});

    @TempDir private Path directory;

    private final String secret = Secrets.random();
    private final List<Endpoint> endpoints = new ArrayList<>();

    /// Makes `certificate.pem` and `key.pem`.
    private void makeCertificate(String algorithm)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path store = directory.resolve("store.p12");
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "test",
                                "-keyalg",
                                algorithm,
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=ip:127.0.0.1",
                                "-storetype",
                                "PKCS12",
                                "-storepass",
                                PASSWORD,
                                "-keystore",
                                store.toString())
                        .redirectErrorStream(true)
                        .start();
        try (InputStream output = keytool.getInputStream()) {
            String said = new String(output.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(keytool.exitValue()).as(said).isZero();
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        write("certificate.pem", "CERTIFICATE", keys.getCertificate("test").getEncoded());
        write("key.pem", "PRIVATE KEY", keys.getKey("test", PASSWORD.toCharArray()).getEncoded());
    }

    private void write(String file, String type, byte[] content) throws IOException {
        Files.writeString(
                directory.resolve(file),
                "-----BEGIN "
                        + type
                        + "-----\n"
                        + PEM.encodeToString(content)
                        + "\n-----END "
                        + type
                        + "-----\n");
    }

    private Endpoint start() {
        Endpoint endpoint =
                Endpoint.start(
                        EndpointSettings.of("service", secret)
                                .withTls(
                                        PemFiles.context(
                                                directory.resolve("certificate.pem"),
                                                directory.resolve("key.pem"))),
                        new Parrot());
        endpoints.add(endpoint);
        return endpoint;
    }

    @AfterEach
    void close() {
        endpoints.forEach(Endpoint::close);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RSA", "EC"})
    void dblinkCallsEncrypted(String algorithm) throws Exception {
        makeCertificate(algorithm);
        Endpoint endpoint = start();
        try (TestDatabase database = TestServer.shared().emptyDatabase();
                Wiretap wiretap = new Wiretap(endpoint.port())) {
            database.execute("CREATE EXTENSION dblink");
            String address =
                    "host=127.0.0.1 port="
                            + wiretap.port()
                            // Else libpq looks for a certificate of its own in $HOME.
                            + " sslcertmode=disable user=service dbname=shop password="
                            + secret;
            try (Caller caller = new Caller(database.dataSource().getConnection())) {
                caller.connect("bound", address + " sslmode=require channel_binding=require");
                caller.connect("free", address + " sslmode=require channel_binding=disable");
                caller.connect("default", address);
                String large = "größe".repeat(1_000_000);
                assertThat(caller.call("bound", large).equals(large)).isTrue();
                assertThat(caller.call("free", "unheard")).isEqualTo("unheard");
                assertThat(caller.call("default", "unheard")).isEqualTo("unheard");
                assertThat(wiretap.heard()).doesNotContain("unheard");
                Throwable refused =
                        catchThrowable(() -> caller.connect("c", address + " sslmode=disable"));
                assertThat(Caller.server(refused).getDetail())
                        .contains("the connection must be encrypted");
                endpoint.close();
                assertThatThrownBy(() -> caller.call("bound", "closed"))
                        .hasMessageContaining("the service of pg_trickle is shutting down");
            }
        }
    }

    @Test
    void pgjdbcCallsEncryptedAndBound() throws Exception {
        makeCertificate("RSA");
        Endpoint endpoint = start();
        try (Connection connection =
                        DriverManager.getConnection(
                                "jdbc:postgresql://127.0.0.1:"
                                        + endpoint.port()
                                        + "/shop?assumeMinServerVersion=9.0&preferQueryMode=simple&sslmode=require"
                                        + "&channelBinding=require",
                                "service",
                                secret);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT pgtrickle.call('x')")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo("x");
        }
    }

    @Test
    void whoCannotSpeakTlsDoesNoHarm() throws Exception {
        makeCertificate("EC");
        Endpoint endpoint = start();
        try (RawClient client = new RawClient(endpoint.port())) {
            client.packet(80877103, new byte[0]);
            assertThat(client.answer()).isEqualTo('S');
            client.startup(RawClient.V30, "user", "service");
            client.socket().shutdownOutput();
            while (client.answer() >= 0) {
                // A TLS alert, perhaps.
            }
            try (Connection connection =
                    DriverManager.getConnection(
                            "jdbc:postgresql://127.0.0.1:"
                                    + endpoint.port()
                                    + "/shop?assumeMinServerVersion=9.0&preferQueryMode=simple&sslmode=require",
                            "service",
                            secret)) {
                assertThat(connection.isClosed()).isFalse();
            }
        }
    }

    @Test
    void wrongFilesAreNamed() throws Exception {
        makeCertificate("EC");
        Path certificate = directory.resolve("certificate.pem");
        Path key = directory.resolve("key.pem");
        Path missing = directory.resolve("missing.pem");
        assertWrong(missing, key, "cannot read", "missing.pem");
        assertWrong(certificate, missing, "cannot read", "missing.pem");
        assertWrong(certificate, certificate, "no usable private key", "certificate.pem");
        write("broken.pem", "PRIVATE KEY", new byte[] {1, 2, 3});
        Path broken = directory.resolve("broken.pem");
        assertWrong(certificate, broken, "unknown kind", "broken.pem");
        Files.writeString(broken, "");
        assertWrong(broken, key, "no certificate", "broken.pem");
    }

    private static void assertWrong(Path certificate, Path key, String... parts) {
        assertThatThrownBy(() -> PemFiles.context(certificate, key))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        e -> {
                            assertThat(e.sqlState()).isEqualTo("F0000");
                            assertThat(e.getMessage()).contains(parts);
                        });
    }
}
