package io.pgtrickle.server.endpoint;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// Takes a client's bytes apart into messages. Belongs to one thread.
///
/// Memory is taken as the bytes arrive: to announce a long message costs the client its bytes.
final class MessageReader {
    /// As in PostgreSQL.
    static final int STARTUP_BYTES = 10_000;

    private static final int LENGTH_BYTES = 4;
    private static final String TYPES = "BCDEFHPQSXcdfp";

    private final InputStream in;

    MessageReader(InputStream in) {
        this.in = in;
    }

    /// A packet of the start: the length, then the bytes.
    Message startupPacket() throws IOException {
        int length = int32() - LENGTH_BYTES;
        if (length < Integer.BYTES || length > STARTUP_BYTES) {
            throw Fatal.protocolViolation("invalid length of startup packet");
        }
        return new Message('\0', exactly(length));
    }

    /// The next message.
    ///
    /// @param maxBytes more is 54000
    /// @param begun called when the first byte is there
    Message next(int maxBytes, Runnable begun) throws IOException {
        int type = in.read();
        if (type < 0) {
            throw new EOFException("the client has gone");
        }
        begun.run();
        if (TYPES.indexOf(type) < 0) {
            throw Fatal.protocolViolation("invalid frontend message type " + type);
        }
        int length = int32() - LENGTH_BYTES;
        if (length < 0) {
            throw Fatal.protocolViolation("invalid message length");
        }
        if (length > maxBytes) {
            throw new Fatal(
                    "54000",
                    "a message of " + length + " bytes is longer than " + maxBytes + " bytes");
        }
        return new Message((char) type, exactly(length));
    }

    private int int32() throws IOException {
        return ByteBuffer.wrap(exactly(Integer.BYTES)).getInt();
    }

    private byte[] exactly(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the client has gone in the middle of a message");
        }
        return bytes;
    }
}
