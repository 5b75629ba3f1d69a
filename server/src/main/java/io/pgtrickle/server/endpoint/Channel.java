package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import jdk.net.ExtendedSocketOptions;

/// The bytes between a client and the endpoint, encrypted or not.
///
/// One thread reads and writes; any thread may end it. Writing is locked, so that a last word does
/// not get into the middle of something else.
final class Channel {
    /// How long a last word may take to be written, and the client to read it.
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private static final int BUFFER_BYTES = 16 * 1024;

    /// When a client's machine is gone without a word, this finds out within three minutes.
    private static final Map<SocketOption<Integer>, Integer> KEEP_ALIVE =
            Map.of(
                    ExtendedSocketOptions.TCP_KEEPIDLE, 60,
                    ExtendedSocketOptions.TCP_KEEPINTERVAL, 20,
                    ExtendedSocketOptions.TCP_KEEPCOUNT, 6);

    private final Socket plain;
    private final Deadlines deadlines;
    private final ReentrantLock writing = new ReentrantLock();
    private final AtomicBoolean ended = new AtomicBoolean();

    private volatile Charset charset = StandardCharsets.UTF_8;
    private MessageWriter writer;
    private InputStream in;
    private MessageReader reader;
    private Optional<X509Certificate> certificate = Optional.empty();

    /// Writes something.
    interface Output {
        void to(MessageWriter writer) throws IOException;
    }

    Channel(Socket socket, Deadlines deadlines) throws IOException {
        this.plain = socket;
        this.deadlines = deadlines;
        socket.setTcpNoDelay(true);
        socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        for (Map.Entry<SocketOption<Integer>, Integer> option : KEEP_ALIVE.entrySet()) {
            if (socket.supportedOptions().contains(option.getKey())) {
                socket.setOption(option.getKey(), option.getValue());
            }
        }
        // Nothing may be read ahead as long as TLS can begin.
        this.in = socket.getInputStream();
        this.reader = new MessageReader(in);
        this.writer = writer(socket);
    }

    private static MessageWriter writer(Socket socket) throws IOException {
        return new MessageWriter(new BufferedOutputStream(socket.getOutputStream(), BUFFER_BYTES));
    }

    /// Goes on encrypted. No last word can be said meanwhile.
    void encrypt(SSLContext context) throws IOException {
        writing.lock();
        try {
            handshake(context);
        } finally {
            writing.unlock();
        }
    }

    private void handshake(SSLContext context) throws IOException {
        SSLSocket tls =
                (SSLSocket)
                        context.getSocketFactory()
                                .createSocket(
                                        plain,
                                        plain.getInetAddress().getHostAddress(),
                                        plain.getPort(),
                                        true);
        tls.setUseClientMode(false);
        tls.startHandshake();
        if (tls.getSession().getLocalCertificates()[0] instanceof X509Certificate own) {
            certificate = Optional.of(own);
        }
        in = tls.getInputStream();
        reader = new MessageReader(in);
        writer = writer(tls);
    }

    boolean encrypted() {
        return certificate.isPresent();
    }

    /// The certificate that the client was shown.
    Optional<X509Certificate> certificate() {
        return certificate;
    }

    MessageReader reader() {
        return reader;
    }

    /// Reads ahead from now on: nothing but messages can follow.
    void begin() throws IOException {
        reader = new MessageReader(new BufferedInputStream(in, BUFFER_BYTES));
    }

    /// Errors are told in another character set from now on.
    void speak(Charset other) {
        charset = other;
    }

    /// Writes something and sends it.
    ///
    /// @throws EOFException when the channel has been ended
    void send(Output output) throws IOException {
        writing.lock();
        try {
            if (ended.get()) {
                throw new EOFException("the connection has been ended");
            }
            output.to(writer);
            writer.flush();
        } finally {
            writing.unlock();
        }
    }

    /// Tells the client why this is the end, waits a little until it has read that. For the thread
    /// that reads: what the client still sends is thrown away, or TCP would throw away our word.
    void end(PgTrickleException reason) {
        Deadlines.Deadline patience = deadlines.after(FAREWELL, this::close);
        if (lastWord(reason, FAREWELL)) {
            drain();
        }
        patience.lift();
        close();
    }

    /// Tells the client why this is the end and closes, whatever other threads do.
    ///
    /// @param time how long it may take at most
    void cut(PgTrickleException reason, Duration time) {
        Deadlines.Deadline patience = deadlines.after(time, this::close);
        lastWord(reason, time);
        patience.lift();
        close();
    }

    private boolean lastWord(PgTrickleException reason, Duration time) {
        if (!ended.compareAndSet(false, true)) {
            return false;
        }
        boolean locked = false;
        try {
            locked = writing.tryLock(time.toNanos() / 2, TimeUnit.NANOSECONDS);
            if (locked) {
                writer.error(MessageWriter.Severity.FATAL, reason, charset);
                writer.flush();
            }
            return locked;
        } catch (IOException _) {
            // The client is gone: nobody to tell.
            return false;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            if (locked) {
                writing.unlock();
            }
        }
    }

    private void drain() {
        try {
            plain.shutdownOutput();
            plain.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException _) {
            // The client is gone, or its time is up.
        }
    }

    /// Closes the connection at once; who reads or writes gets a [SocketException].
    void close() {
        try {
            plain.close();
        } catch (IOException _) {
            // There is nothing left that could be done.
        }
    }
}
