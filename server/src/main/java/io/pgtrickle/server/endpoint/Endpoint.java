package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A server of PostgreSQL's wire protocol, version 3, for one statement: `SELECT
/// pgtrickle.call('...')`, which a [Talk] answers.
///
/// Clients log in by SCRAM-SHA-256 and have a virtual thread each. As many again as may be logged
/// in may be about to log in; more are turned away without a word, so that nobody who cannot log in
/// takes a place from those who can. Thread-safe.
public final class Endpoint implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger("io.pgtrickle.server.endpoint");

    private static final int BACKLOG = 512;
    private static final Duration CLOSING = Duration.ofSeconds(5);

    /// How long each client may take to be told that the endpoint closes.
    private static final Duration FAREWELL = Duration.ofMillis(200);

    /// After a failure to accept, as when the process has no file descriptor left.
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final ServerSocket server;
    private final Deadlines deadlines = new Deadlines();
    private final ClientConnection.Shared shared;
    private final Semaphore sockets;
    private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread accepting;

    private Endpoint(EndpointSettings settings, Talk talk, ServerSocket server) {
        SecureRandom random = new SecureRandom();
        this.server = server;
        this.sockets = new Semaphore(Math.multiplyExact(2, settings.limits().connections()));
        this.shared =
                new ClientConnection.Shared(
                        settings.limits(),
                        new Login(settings, random),
                        talk,
                        deadlines,
                        new Semaphore(settings.limits().connections()),
                        random,
                        this::ended);
        this.accepting =
                Thread.ofVirtual().name("pg_trickle endpoint").unstarted(this::acceptClients);
    }

    /// Listens from now on.
    ///
    /// @throws PgTrickleException 58030 when the address is taken or not ours
    public static Endpoint start(EndpointSettings settings, Talk talk) {
        InetSocketAddress address =
                new InetSocketAddress(settings.address().bind(), settings.address().port());
        try {
            ServerSocket server = new ServerSocket();
            try {
                server.bind(address, BACKLOG);
            } catch (IOException e) {
                server.close();
                throw e;
            }
            Endpoint endpoint = new Endpoint(settings, talk, server);
            endpoint.accepting.start();
            log.debug("Listening at {}", server.getLocalSocketAddress());
            if (settings.tls().isEmpty() && !address.getAddress().isLoopbackAddress()) {
                log.warn("The endpoint is open to other machines, without TLS: {}", address);
            }
            return endpoint;
        } catch (IOException e) {
            throw PgTrickleException.of("58030", "the endpoint cannot listen at " + address)
                    .detail(e.getMessage())
                    .hint("Choose another address or port, or stop what listens there.")
                    .cause(e)
                    .build();
        }
    }

    /// The port that it listens at.
    public int port() {
        return server.getLocalPort();
    }

    private void acceptClients() {
        int number = 0;
        while (!isClosing()) {
            try {
                number++;
                accept(server.accept(), number);
            } catch (IOException e) {
                pause(e);
            }
        }
    }

    private void accept(Socket socket, int number) throws IOException {
        if (!sockets.tryAcquire()) {
            log.debug("Client {} is turned away: too many are logging in", number);
            socket.close();
            return;
        }
        try {
            ClientConnection connection =
                    new ClientConnection(number, new Channel(socket, deadlines), shared);
            begin(connection);
            if (isClosing()) {
                connection.cut(closed(), Duration.ZERO);
            }
        } catch (IOException e) {
            log.debug("Client {} has gone before it was looked at: {}", number, e.toString());
            sockets.release();
            socket.close();
        }
    }

    /// Whoever is among the connections has been started.
    private synchronized void begin(ClientConnection connection) {
        connections.add(connection);
        connection.thread().start();
    }

    private void ended(ClientConnection connection) {
        connections.remove(connection);
        sockets.release();
    }

    private void pause(IOException failure) {
        try {
            if (!closing.await(PAUSE.toNanos(), TimeUnit.NANOSECONDS)) {
                log.warn("Cannot accept a client: {}", failure.toString());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    /// Stops listening and ends all connections: clients are told 57P01, threads that answer are
    /// interrupted. Waits for them, some seconds at most. Does nothing the second time.
    @Override
    public void close() {
        if (isClosing()) {
            return;
        }
        closing.countDown();
        long until = System.nanoTime() + CLOSING.toNanos();
        try {
            server.close();
        } catch (IOException e) {
            log.warn("The endpoint did not close its socket: {}", e.toString());
        }
        List<Thread> threads = new ArrayList<>(threads());
        for (ClientConnection connection : connections) {
            boolean early = until - System.nanoTime() > CLOSING.toNanos() / 2;
            connection.cut(closed(), early ? FAREWELL : Duration.ZERO);
        }
        threads.add(accepting);
        join(threads, until);
        // Whom the last of these let in meanwhile, it cut off itself.
        join(threads(), until);
        deadlines.close();
    }

    private synchronized List<Thread> threads() {
        return connections.stream().map(ClientConnection::thread).toList();
    }

    private static PgTrickleException closed() {
        return PgTrickleException.of("57P01", "the service of pg_trickle is shutting down")
                .hint("Try again when it, or another one, is running.")
                .build();
    }

    private static void join(List<Thread> threads, long until) {
        try {
            for (Thread thread : threads) {
                Duration left = Duration.ofNanos(Math.max(1, until - System.nanoTime()));
                if (!thread.join(left)) {
                    log.warn("A thread of the endpoint does not end: {}", thread.getName());
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
