package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.EOFException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One client from its first byte to its last.
///
/// [#run] belongs to the connection's thread; the other methods may be called by any thread.
final class ClientConnection implements Runnable {
    private static final Logger log = LoggerFactory.getLogger("io.pgtrickle.server.endpoint");

    /// What libpq, pgjdbc and others want to know of a server, without what depends on the client.
    private static final List<Map.Entry<String, String>> PARAMETERS =
            List.of(
                    Map.entry("server_version", "18.0 (pg_trickle)"),
                    Map.entry("server_encoding", "UTF8"),
                    Map.entry("standard_conforming_strings", "on"),
                    Map.entry("integer_datetimes", "on"),
                    Map.entry("DateStyle", "ISO, MDY"),
                    Map.entry("IntervalStyle", "postgres"),
                    Map.entry("TimeZone", "UTC"),
                    Map.entry("is_superuser", "off"),
                    Map.entry("default_transaction_read_only", "off"),
                    Map.entry("in_hot_standby", "off"));

    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private static final int KEY_BYTES = 4;
    private static final int LONG_KEY_BYTES = 32;

    /// What all connections of an endpoint share.
    ///
    /// @param places one for each client that may be logged in
    /// @param ended is told when a connection has ended
    record Shared(
            EndpointSettings.Limits limits,
            Login login,
            Talk talk,
            Deadlines deadlines,
            Semaphore places,
            SecureRandom random,
            Consumer<ClientConnection> ended) {}

    private final int number;
    private final Channel channel;
    private final Shared shared;
    private final Thread thread;

    ClientConnection(int number, Channel channel, Shared shared) {
        this.number = number;
        this.channel = channel;
        this.shared = shared;
        this.thread =
                Thread.ofVirtual().name("pg_trickle endpoint client " + number).unstarted(this);
    }

    Thread thread() {
        return thread;
    }

    /// Ends the connection, whatever it is doing.
    ///
    /// @param time how long it may take at most
    void cut(PgTrickleException reason, Duration time) {
        channel.cut(reason, time);
        thread.interrupt();
    }

    /// The same without waiting. On a platform thread: when the virtual ones are busy with each
    /// other, one that is started from outside can wait for very long.
    private void cutAside(PgTrickleException reason) {
        Thread.ofPlatform()
                .daemon()
                .name("pg_trickle endpoint farewell " + number)
                .start(() -> cut(reason, FAREWELL));
    }

    @Override
    public void run() {
        try {
            serve();
        } catch (Fatal e) {
            log.debug("Client {} is refused: SQLSTATE {}", number, e.error().sqlState());
            channel.end(e.error());
        } catch (EOFException _) {
            log.debug("Client {} has gone", number);
        } catch (IOException e) {
            log.debug("Client {} is lost: {}", number, e.toString());
        } catch (PgTrickleException e) {
            channel.end(e);
        } catch (RuntimeException e) {
            log.error("A conversation ended by a defect", e);
            channel.end(
                    PgTrickleException.of("XX000", "the service failed by a defect")
                            .detail(e.getClass().getName())
                            .hint("Its log has more.")
                            .build());
        } finally {
            channel.close();
            shared.ended.accept(this);
        }
    }

    private void serve() throws IOException {
        Deadlines.Deadline deadline = shared.deadlines.after(shared.limits.login(), channel::close);
        Optional<Login.Client> client;
        try {
            client = shared.login.admit(channel);
        } finally {
            deadline.lift();
        }
        if (client.isEmpty()) {
            return;
        }
        if (!shared.places.tryAcquire()) {
            throw new Fatal("53300", "sorry, too many clients already");
        }
        try {
            talk(client.get());
        } finally {
            shared.places.release();
        }
    }

    private void talk(Login.Client client) throws IOException {
        channel.begin();
        channel.send(writer -> greet(writer, client));
        log.debug("Client {} is logged in", number);
        shared.talk.with(
                new ClientConversation(
                        channel, client, shared.limits, shared.deadlines, this::cutAside));
    }

    private void greet(MessageWriter writer, Login.Client client) throws IOException {
        for (Map.Entry<String, String> parameter : PARAMETERS) {
            writer.parameterStatus(parameter.getKey(), parameter.getValue());
        }
        writer.parameterStatus("client_encoding", client.encoding().name());
        writer.parameterStatus("session_authorization", client.user());
        byte[] key = new byte[client.minor() < 2 ? KEY_BYTES : LONG_KEY_BYTES];
        shared.random.nextBytes(key);
        writer.backendKeyData(number, key);
        writer.readyForQuery();
    }
}
