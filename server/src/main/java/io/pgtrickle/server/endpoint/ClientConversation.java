package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A conversation over the wire protocol: finds the requests among a client's messages, answers the
/// others itself. Belongs to one thread.
final class ClientConversation implements Conversation {
    private static final Logger log = LoggerFactory.getLogger("io.pgtrickle.server.endpoint");

    private final Channel channel;
    private final Login.Client client;
    private final EndpointSettings.Limits limits;
    private final Deadlines deadlines;
    private final Consumer<PgTrickleException> cutOff;

    private ClientEncoding encoding;

    /// After an error in a message of the extended protocol, everything up to Sync is skipped.
    private boolean skipping;

    private boolean unanswered;
    private Deadlines.@Nullable Deadline deadline;

    /// @param cutOff ends the connection from another thread, without waiting
    ClientConversation(
            Channel channel,
            Login.Client client,
            EndpointSettings.Limits limits,
            Deadlines deadlines,
            Consumer<PgTrickleException> cutOff) {
        this.channel = channel;
        this.client = client;
        this.encoding = client.encoding();
        this.limits = limits;
        this.deadlines = deadlines;
        this.cutOff = cutOff;
    }

    @Override
    public String database() {
        return client.database();
    }

    @Override
    public String user() {
        return client.user();
    }

    @Override
    public String request() throws IOException {
        return next(this::lift);
    }

    @Override
    public String request(Duration within) throws IOException {
        String late = "no request came within " + within.toMillis() + " ms";
        return next(() -> limit(within, "57P05", late));
    }

    @Override
    public void answer(String text) throws IOException {
        requireRequest(true);
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("text cannot contain the character 0");
        }
        byte[] bytes = encoding.encode(text);
        finish(writer -> {
            writer.answer(bytes);
            writer.readyForQuery();
        });
        log.debug("Answered with {} bytes", bytes.length);
    }

    @Override
    public void fail(PgTrickleException error) throws IOException {
        requireRequest(true);
        refuse(error);
        log.debug("Answered with SQLSTATE {}", error.sqlState());
    }

    private void requireRequest(boolean expected) {
        if (unanswered != expected) {
            throw new IllegalStateException(
                    expected ? "there is no request to answer" : "the last request has no answer");
        }
    }

    private void finish(Channel.Output output) throws IOException {
        try {
            channel.send(output);
        } catch (EOFException e) {
            throw e;
        } catch (IOException e) {
            throw gone(e);
        } finally {
            unanswered = false;
            lift();
        }
    }

    /// Answers with an error, after which the client may go on.
    private void refuse(PgTrickleException error) throws IOException {
        finish(writer -> {
            error(writer, error);
            writer.readyForQuery();
        });
    }

    private void error(MessageWriter writer, PgTrickleException error) throws IOException {
        writer.error(MessageWriter.Severity.ERROR, error, encoding.charset());
    }

    /// @param waiting called before each wait for a message
    private String next(Runnable waiting) throws IOException {
        requireRequest(false);
        try {
            while (true) {
                waiting.run();
                Message message = channel.reader().next(limits.messageBytes(), this::begin);
                int size = message.remaining();
                Optional<String> request = handle(message);
                if (request.isPresent()) {
                    log.debug("Asked with {} bytes", size);
                    unanswered = true;
                    return request.get();
                }
            }
        } catch (Fatal e) {
            channel.end(e.error());
            throw gone(e);
        } catch (EOFException e) {
            throw e;
        } catch (IOException e) {
            throw gone(e);
        } finally {
            if (!unanswered) {
                lift();
            }
        }
    }

    /// Does what a message wants; a request is left to the caller.
    private Optional<String> handle(Message message) throws IOException {
        switch (message.type()) {
            case 'X' -> throw new EOFException("the client said goodbye");
            case 'S' -> {
                skipping = false;
                finish(MessageWriter::readyForQuery);
            }
            case 'Q' -> {
                byte[] sql = message.terminated();
                message.end();
                return skipping ? Optional.empty() : query(sql);
            }
            case 'F' -> {
                if (!skipping) {
                    refuse(unserved());
                }
            }
            case 'P', 'B', 'E', 'D', 'C' -> {
                if (!skipping) {
                    skipping = true;
                    channel.send(writer -> error(writer, unserved()));
                }
            }
            case 'p' -> throw Fatal.protocolViolation("password message after authentication");
            // Flush, and what is left of a COPY that was refused: PostgreSQL says nothing either.
            default -> {}
        }
        return Optional.empty();
    }

    private Optional<String> query(byte[] sql) throws IOException {
        try {
            return switch (Query.of(encoding.decode(sql))) {
                case Query.Call call -> Optional.of(call.request());
                case Query.SetEncoding set -> {
                    speak(set.name());
                    yield Optional.empty();
                }
                case Query.Unknown _ -> {
                    refuse(unserved());
                    yield Optional.empty();
                }
            };
        } catch (PgTrickleException notText) {
            refuse(notText);
            return Optional.empty();
        }
    }

    private void speak(String name) throws IOException {
        Optional<ClientEncoding> known = ClientEncoding.named(name);
        if (known.isEmpty()) {
            refuse(
                    PgTrickleException.of(
                                    "0A000", "client encoding \"" + name + "\" is not supported")
                            .build());
            return;
        }
        encoding = known.get();
        channel.speak(encoding.charset());
        finish(writer -> {
            writer.parameterStatus("client_encoding", encoding.name());
            writer.commandComplete("SET");
            writer.readyForQuery();
        });
    }

    private static PgTrickleException unserved() {
        return PgTrickleException.of("0A000", "only pgtrickle.call is served here")
                .hint("This is the endpoint of the pg_trickle service, not a database.")
                .build();
    }

    private void begin() {
        limit(
                limits.call(),
                "57014",
                "the request took longer than " + limits.call().toMillis() + " ms");
    }

    private void limit(Duration time, String sqlState, String message) {
        lift();
        PgTrickleException error = PgTrickleException.of(sqlState, message).build();
        deadline = deadlines.after(time, () -> cutOff.accept(error));
    }

    private void lift() {
        Deadlines.Deadline current = deadline;
        if (current != null) {
            current.lift();
            deadline = null;
        }
    }

    private static EOFException gone(IOException cause) {
        EOFException gone = new EOFException("the connection has ended");
        gone.initCause(cause);
        return gone;
    }
}
