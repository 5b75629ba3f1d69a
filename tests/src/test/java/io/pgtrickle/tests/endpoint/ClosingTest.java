package io.pgtrickle.tests.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.HotSpotDiagnosticMXBean;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Endpoint;
import io.pgtrickle.server.endpoint.EndpointSettings;
import io.pgtrickle.server.endpoint.Secrets;
import io.pgtrickle.server.endpoint.Talk;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The end of an endpoint, and what it leaves.
final class ClosingTest {
    private final String secret = Secrets.random();
    private final List<Endpoint> endpoints = new ArrayList<>();

    @AfterEach
    void close() {
        endpoints.forEach(Endpoint::close);
    }

    private Endpoint start(Talk talk) {
        Endpoint endpoint = Endpoint.start(EndpointSettings.of("service", secret), talk);
        endpoints.add(endpoint);
        return endpoint;
    }

    private RawClient loggedIn(Endpoint endpoint) throws IOException {
        return RawClient.loggedIn(endpoint.port(), "service", secret);
    }

    @Test
    void closingTellsTheClientsAndLeavesNoThread(@TempDir Path directory) throws Exception {
        CountDownLatch busy = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        AtomicReference<IOException> end = new AtomicReference<>();
        Endpoint endpoint = start(conversation -> serve(conversation, busy, interrupted, end));
        try (RawClient idle = loggedIn(endpoint);
                RawClient waiting = loggedIn(endpoint);
                RawClient silent = new RawClient(endpoint.port())) {
            assertThat(idle.call("x")).isEqualTo("x");
            waiting.query("SELECT pgtrickle.call('wait')");
            assertThat(busy.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(threads(directory.resolve("before"))).isNotEmpty();

            endpoint.close();

            assertThat(threads(directory.resolve("after"))).isEmpty();
            assertThat(idle.reply().verdict()).isEqualTo("FATAL 57P01");
            assertThat(idle.isClosed()).isTrue();
            assertThat(waiting.reply().verdict()).isEqualTo("FATAL 57P01");
            assertThat(silent.isClosed()).isTrue();
            assertThat(interrupted.getCount()).isZero();
            assertThat(end.get()).isInstanceOf(EOFException.class);
            endpoint.close();
        }
    }

    @Test
    void closingUnderLoadLeavesNoThread(@TempDir Path directory) throws Exception {
        Endpoint endpoint = start(new Parrot());
        int clients = 50;
        CountDownLatch called = new CountDownLatch(clients);
        try (ExecutorService threads = Executors.newFixedThreadPool(clients)) {
            List<Future<String>> ends = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                ends.add(threads.submit(() -> callUntilTheEnd(endpoint, called)));
            }
            assertThat(called.await(20, TimeUnit.SECONDS)).isTrue();
            endpoint.close();
            assertThat(threads(directory.resolve("after"))).isEmpty();
            for (Future<String> end : ends) {
                assertThat(end.get(20, TimeUnit.SECONDS)).isIn("FATAL 57P01", "gone");
            }
        }
    }

    private String callUntilTheEnd(Endpoint endpoint, CountDownLatch called) throws IOException {
        try (RawClient client = loggedIn(endpoint)) {
            boolean first = true;
            while (true) {
                RawClient.Reply last = client.ask("SELECT pgtrickle.call('x')").getLast();
                if (last.type() == 'E') {
                    return last.verdict();
                }
                if (first) {
                    called.countDown();
                }
                first = false;
            }
        } catch (EOFException | SocketException _) {
            // It wrote when the connection was closed already.
            return "gone";
        }
    }

    @Test
    void anAddressThatIsTakenIsNamed() {
        Endpoint endpoint = start(new Parrot());
        EndpointSettings.Address taken =
                new EndpointSettings.Address(
                        EndpointSettings.Address.loopback().bind(), endpoint.port());
        EndpointSettings settings = EndpointSettings.of("service", secret).withAddress(taken);
        assertThatThrownBy(() -> Endpoint.start(settings, new Parrot()))
                .isInstanceOfSatisfying(
                        PgTrickleException.class,
                        e -> {
                            assertThat(e.sqlState()).isEqualTo("58030");
                            assertThat(e.getMessage()).contains(":" + endpoint.port());
                        });
    }

    private static void serve(
            Conversation conversation,
            CountDownLatch busy,
            CountDownLatch interrupted,
            AtomicReference<IOException> end)
            throws IOException {
        while (true) {
            String request;
            try {
                request = conversation.request();
            } catch (IOException e) {
                end.set(e);
                throw e;
            }
            if (request.equals("wait")) {
                busy.countDown();
                untilInterrupted(interrupted);
            }
            conversation.answer(request);
        }
    }

    /// The endpoint's threads, virtual ones too.
    private static List<String> threads(Path dump) throws IOException {
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.TEXT_PLAIN);
        return Files.readAllLines(dump).stream()
                .filter(line -> line.contains("pg_trickle endpoint"))
                .toList();
    }

    private static void untilInterrupted(CountDownLatch interrupted) {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException _) {
            interrupted.countDown();
        }
    }
}
