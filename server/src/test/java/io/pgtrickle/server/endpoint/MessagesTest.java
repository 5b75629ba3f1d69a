package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.server.endpoint.StartupPacket.Startup;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/// Framing, in both directions.
final class MessagesTest {
    private static final int V30 = 3 << 16;

    private static byte[] message(char type, int length, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(5 + bytes.length)
                .put((byte) type)
                .putInt(length)
                .put(bytes)
                .array();
    }

    private static Message read(byte[] bytes) throws IOException {
        return new MessageReader(new ByteArrayInputStream(bytes)).next(100, () -> {});
    }

    private static void assertFatal(String sqlState, ThrowingRead read) {
        AbstractThrowableAssert<?, ?> thrown = assertThatThrownBy(read::run);
        thrown.isInstanceOfSatisfying(
                Fatal.class, e -> assertThat(e.error().sqlState()).isEqualTo(sqlState));
    }

    private interface ThrowingRead {
        void run() throws IOException;
    }

    @Test
    void aMessageIsReadFieldByField() throws IOException {
        Message message = read(message('Q', 4 + 8, "ä\0\0\0\0\7x"));
        assertThat(message.type()).isEqualTo('Q');
        assertThat(new String(message.terminated(), StandardCharsets.UTF_8)).isEqualTo("ä");
        assertThat(message.int32()).isEqualTo(7);
        assertThat(message.bytes(1)).containsExactly('x');
        message.end();
    }

    @Test
    void wrongFieldsAreViolations() throws IOException {
        assertFatal("08P01", () -> read(message('Q', 7, "abc")).terminated());
        assertFatal("08P01", () -> read(message('Q', 7, "abc")).int32());
        assertFatal("08P01", () -> read(message('p', 7, "abc")).bytes(4));
        assertFatal("08P01", () -> read(message('p', 7, "abc")).bytes(-1));
        assertFatal("08P01", () -> read(message('Q', 7, "abc")).end());
    }

    @Test
    void wrongFramesAreViolations() {
        assertFatal("08P01", () -> read(message('z', 4, "")));
        assertFatal("08P01", () -> read(message('Q', 3, "")));
        assertFatal("08P01", () -> read(message('Q', -1, "")));
        assertFatal("54000", () -> read(message('Q', 105, "")));
        assertFatal("54000", () -> read(message('Q', Integer.MAX_VALUE, "")));
    }

    @Test
    void theEndOfTheBytesIsTheEnd() {
        assertThatThrownBy(() -> read(new byte[0])).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> read(new byte[] {'Q', 0, 0})).isInstanceOf(EOFException.class);
        assertThatThrownBy(() -> read(message('Q', 50, "too short")))
                .isInstanceOf(EOFException.class);
    }

    /// The announced length alone takes no memory.
    @Test
    void aLongMessageIsReadInPieces() {
        AtomicInteger largest = new AtomicInteger();
        InputStream slow =
                new ByteArrayInputStream(message('Q', 1 << 30, "x".repeat(100_000))) {
                    @Override
                    public synchronized int read(byte[] target, int offset, int length) {
                        largest.accumulateAndGet(target.length, Math::max);
                        return super.read(target, offset, length);
                    }
                };
        assertThatThrownBy(() -> new MessageReader(slow).next(1 << 30, () -> {}))
                .isInstanceOf(EOFException.class);
        assertThat(largest).hasValueLessThan(1 << 20);
    }

    private static byte[] packet(int code, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + bytes.length)
                .putInt(8 + bytes.length)
                .putInt(code)
                .put(bytes)
                .array();
    }

    private static StartupPacket startup(byte[] bytes) throws IOException {
        return StartupPacket.of(new MessageReader(new ByteArrayInputStream(bytes)).startupPacket());
    }

    @Test
    void startupPacketsAreKnown() throws IOException {
        assertThat(startup(packet(80877103, ""))).isInstanceOf(StartupPacket.SslRequest.class);
        assertThat(startup(packet(80877104, ""))).isInstanceOf(StartupPacket.GssRequest.class);
        assertThat(startup(packet(80877102, "pid.key.")))
                .isInstanceOf(StartupPacket.CancelRequest.class);
        assertThat(startup(packet(V30 + 2, "user\0bob\0_pq_.new\0on\0database\0\0\0")))
                .isEqualTo(
                        new Startup(2, Map.of("user", "bob", "database", ""), List.of("_pq_.new")));
        assertThat(startup(packet(V30, "\0"))).isEqualTo(new Startup(0, Map.of(), List.of()));
    }

    @Test
    void otherStartupPacketsAreRefused() {
        assertFatal("0A000", () -> startup(packet(2 << 16, "\0")));
        assertFatal("0A000", () -> startup(packet(4 << 16, "\0")));
        assertFatal("08P01", () -> startup(packet(V30, "")));
        assertFatal("08P01", () -> startup(packet(V30, "user\0bob\0")));
        assertFatal("08P01", () -> startup(packet(V30, "user\0bob\0\0\0")));
        assertFatal("08P01", () -> startup(packet(V30, "user\0")));
        assertFatal("08P01", () -> startup(packet(V30, "user")));
        assertFatal(
                "08P01", () -> startup("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8)));
        assertFatal("08P01", () -> startup(new byte[] {0, 0, 0, 4}));
        assertFatal("08P01", () -> startup(new byte[] {0, 0, 0, 0}));
    }

    @Test
    void anAnswerIsOneRowOfOneText() throws IOException {
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(expected);
        out.writeBytes("T");
        out.writeInt(4 + 2 + 7 + 18);
        out.writeShort(1);
        out.writeBytes("answer\0");
        out.write(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 25, -1, -1, -1, -1, -1, -1, 0, 0});
        out.writeBytes("D");
        out.writeInt(4 + 2 + 4 + 2);
        out.writeShort(1);
        out.writeInt(2);
        out.writeBytes("hiC");
        out.writeInt(4 + 9);
        out.writeBytes("SELECT 1\0");
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(written);
        writer.answer(new byte[] {'h', 'i'});
        writer.flush();
        assertThat(written.toByteArray()).isEqualTo(expected.toByteArray());
    }

    @Test
    void anErrorHasItsFields() throws IOException {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        MessageWriter writer = new MessageWriter(written);
        writer.error(
                MessageWriter.Severity.ERROR,
                PgTrickleException.of("22023", "größer\0").detail("why").hint("what").build(),
                StandardCharsets.ISO_8859_1);
        writer.flush();
        String content = "SERROR\0VERROR\0C22023\0Mgrößer\0Dwhy\0Hwhat\0\0";
        assertThat(written.toByteArray())
                .isEqualTo(
                        ByteBuffer.allocate(5 + content.length())
                                .put((byte) 'E')
                                .putInt(4 + content.length())
                                .put(content.getBytes(StandardCharsets.ISO_8859_1))
                                .array());
    }
}
