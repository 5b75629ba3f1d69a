package io.pgtrickle.tests.api;

import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.Talk;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.concurrent.CountDownLatch;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// What stands in the place of a service: registered, with the lease, and says what a test wants.
final class FakeService implements AutoCloseable {
    static final String SECRET = "a secret of the test";
    private static final String USER = "pgtrickle";

    private final Session lease;
    private final Endpoint endpoint;

    private FakeService(Session lease, Endpoint endpoint) {
        this.lease = lease;
        this.endpoint = endpoint;
    }

    /// Takes the lease, listens and registers.
    static FakeService start(ApiDatabase database, Talk talk) {
        Session lease = lease(database);
        Endpoint endpoint = listen(0, SECRET, talk);
        register(database, endpoint.port());
        return new FakeService(lease, endpoint);
    }

    /// A session that has the lease. Its service must be stopped.
    static Session lease(ApiDatabase database) {
        Session lease = database.session();
        lease.execute("SET lock_timeout = '30s'", "SELECT pg_advisory_lock(" + 0x70677472 + ", 1)");
        return lease;
    }

    /// Listens at a port, 0 for any.
    static Endpoint listen(int port, String secret, Talk talk) {
        return Endpoint.start(
                EndpointSettings.of(USER, secret)
                        .withAddress(
                                new EndpointSettings.Address(
                                        InetAddress.getLoopbackAddress(), port)),
                talk);
    }

    /// Says where the service is.
    static void register(ApiDatabase database, int port) {
        database.asSuperuser(
                "DELETE FROM pgtrickle.pgt_service",
                "INSERT INTO pgtrickle.pgt_service (host, port, user_name, secret, tls) VALUES ('127.0.0.1', "
                        + port
                        + ", '"
                        + USER
                        + "', '"
                        + SECRET
                        + "', false)");
    }

    int port() {
        return endpoint.port();
    }

    /// Says nothing, until the client or the endpoint ends.
    static void silent(Conversation conversation) throws IOException {
        conversation.request();
        hang();
    }

    /// Does nothing until the endpoint ends.
    static void hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /// Answers with the seal that the database expects.
    static void answer(Conversation conversation, String text) throws IOException {
        String nonce = conversation.request().split(" ", 4)[2];
        conversation.answer(mac("answer " + nonce + " " + text) + " " + text);
    }

    private static String mac(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(
                    new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), mac.getAlgorithm()));
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        endpoint.close();
        lease.close();
    }
}
