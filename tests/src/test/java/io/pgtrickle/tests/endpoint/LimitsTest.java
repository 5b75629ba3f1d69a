package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.EndpointSettings.Limits;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.server.endpoint.Talk;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What an endpoint puts up with.
final class LimitsTest {
    private static final Duration SHORT = Duration.ofMillis(300);

    private final String secret = Secrets.random();
    private final List<Endpoint> endpoints = new ArrayList<>();

    @AfterEach
    void close() {
        endpoints.forEach(Endpoint::close);
    }

    private Endpoint start(Limits limits, Talk talk) {
        Endpoint endpoint =
                Endpoint.start(EndpointSettings.of("service", secret).withLimits(limits), talk);
        endpoints.add(endpoint);
        return endpoint;
    }

    private RawClient loggedIn(Endpoint endpoint) throws IOException {
        return RawClient.loggedIn(endpoint.port(), "service", secret);
    }

    private static byte[] callOf(int bytes) throws IOException {
        byte[] sql =
                ("SELECT pgtrickle.call('" + "x".repeat(bytes) + "')\0")
                        .getBytes(StandardCharsets.US_ASCII);
        return RawClient.bytes('Q', sql.length + 4, sql);
    }

    @Test
    void whoDoesNotLogInIsCutOff() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withLogin(SHORT), new Parrot());
        try (RawClient good = loggedIn(endpoint);
                RawClient silent = new RawClient(endpoint.port());
                RawClient half = new RawClient(endpoint.port())) {
            half.startup(RawClient.V30, "user", "service");
            half.reply();
            assertThat(silent.answer()).isEqualTo(-1);
            assertThat(half.isClosed()).isTrue();
            assertThat(good.call("longer than that")).isEqualTo("longer than that");
        }
    }

    /// Each byte comes in time; all of them do not.
    @Test
    void dripsAreCutOff() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withLogin(SHORT), new Parrot());
        try (RawClient client = new RawClient(endpoint.port())) {
            client.socket().setSoTimeout(50);
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            boolean closed = false;
            client.send(new byte[] {0, 0, 39, 0});
            while (!closed && System.nanoTime() < until) {
                try {
                    client.send(new byte[] {0});
                    closed = client.answer() < 0;
                } catch (SocketTimeoutException _) {
                    // Nothing yet: the next byte.
                } catch (IOException _) {
                    closed = true;
                }
            }
            assertThat(closed).isTrue();
        }
    }

    @Test
    void whoStopsInTheMiddleOfARequestIsToldAndCutOff() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withCall(SHORT), new Parrot());
        try (RawClient other = loggedIn(endpoint);
                RawClient client = loggedIn(endpoint)) {
            client.send(new byte[] {'Q', 0, 0, 1});
            assertThat(other.call("undisturbed")).isEqualTo("undisturbed");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 57014");
            assertThat(client.isClosed()).isTrue();
            assertThat(other.call("idle for longer")).isEqualTo("idle for longer");
        }
    }

    @Test
    void whoDoesNotTakeItsAnswersIsCutOff() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Talk parrot = new Parrot();
        Endpoint endpoint =
                start(
                        Limits.DEFAULT.withCall(SHORT),
                        conversation -> {
                            try {
                                parrot.with(conversation);
                            } finally {
                                gone.countDown();
                            }
                        });
        try (RawClient client = loggedIn(endpoint)) {
            byte[] call = callOf(1 << 20);
            Thread sender =
                    Thread.startVirtualThread(() -> {
                        try {
                            while (true) {
                                client.send(call);
                            }
                        } catch (IOException _) {
                            // Cut off.
                        }
                    });
            try (RawClient other = loggedIn(endpoint)) {
                assertThat(other.call("undisturbed")).isEqualTo("undisturbed");
                assertThat(gone.await(20, TimeUnit.SECONDS)).isTrue();
            }
            assertThat(sender.join(Duration.ofSeconds(20))).isTrue();
        }
    }

    @Test
    void answersThatTakeTooLongAreGivenUp() throws Exception {
        CountDownLatch interrupted = new CountDownLatch(1);
        Endpoint endpoint =
                start(
                        Limits.DEFAULT.withCall(SHORT),
                        conversation -> {
                            conversation.request();
                            untilInterrupted(interrupted);
                        });
        try (RawClient client = loggedIn(endpoint)) {
            assertThat(client.ask("SELECT pgtrickle.call('x')").getLast().verdict())
                    .isEqualTo("FATAL 57014");
            assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void untilInterrupted(CountDownLatch interrupted) {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException _) {
            interrupted.countDown();
        }
    }

    @Test
    void theNextRequestCanBeLimited() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Endpoint endpoint =
                start(
                        Limits.DEFAULT,
                        conversation -> {
                            conversation.answer(conversation.request());
                            try {
                                conversation.request(SHORT);
                            } catch (EOFException _) {
                                ended.countDown();
                            }
                        });
        try (RawClient client = loggedIn(endpoint)) {
            assertThat(client.call("first")).isEqualTo("first");
            assertThat(client.reply().verdict()).isEqualTo("FATAL 57P05");
            assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void tooLongMessagesAreRefused() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withMessageBytes(1_000), new Parrot());
        try (RawClient client = loggedIn(endpoint)) {
            assertThat(client.call("x".repeat(900))).hasSize(900);
            client.send(callOf(5_000_000));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 54000");
            assertThat(client.isClosed()).isTrue();
        }
        try (RawClient client = loggedIn(endpoint)) {
            client.send(RawClient.bytes('Q', Integer.MAX_VALUE, new byte[0]));
            assertThat(client.reply().verdict()).isEqualTo("FATAL 54000");
        }
    }

    @Test
    void tooManyClientsAreRefused() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withConnections(2), new Parrot());
        try (RawClient first = loggedIn(endpoint);
                RawClient second = loggedIn(endpoint)) {
            assertThat(refusal(endpoint)).isEqualTo("FATAL 53300");
            assertThat(first.call("in")).isEqualTo("in");
            assertThat(second.call("in")).isEqualTo("in");
            second.message('X', new byte[0]);
            assertThat(second.isClosed()).isTrue();
            String verdict = refusal(endpoint);
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (verdict.equals("FATAL 53300") && System.nanoTime() < until) {
                verdict = refusal(endpoint);
            }
            assertThat(verdict).startsWith("no error");
        }
    }

    private String refusal(Endpoint endpoint) throws IOException {
        try (RawClient client = new RawClient(endpoint.port())) {
            client.startup(RawClient.V30, "user", "service");
            client.login(secret);
            return client.untilReady().getLast().verdict();
        }
    }

    /// Those who cannot log in take no place from those who can, and their number is limited.
    @Test
    void crowdsAtTheDoorAreTurnedAway() throws IOException {
        Endpoint endpoint = start(Limits.DEFAULT.withConnections(2), new Parrot());
        List<RawClient> crowd = new ArrayList<>();
        try {
            try (RawClient client = loggedIn(endpoint)) {
                for (int i = 0; i < 3; i++) {
                    crowd.add(new RawClient(endpoint.port()));
                }
                try (RawClient late = new RawClient(endpoint.port())) {
                    assertThat(late.isClosed()).isTrue();
                }
                assertThat(client.call("inside")).isEqualTo("inside");
            }
        } finally {
            for (RawClient client : crowd) {
                client.close();
            }
        }
    }
}
