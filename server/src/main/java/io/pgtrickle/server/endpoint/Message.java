package io.pgtrickle.server.endpoint;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// A message of a client, read field by field. Belongs to one thread.
final class Message {
    private final char type;
    private final ByteBuffer body;

    /// @param type 0 for the packets of the start, which have none
    /// @param body what follows the length; taken over
    Message(char type, byte[] body) {
        this.type = type;
        this.body = ByteBuffer.wrap(body);
    }

    char type() {
        return type;
    }

    /// The bytes that are not read yet.
    int remaining() {
        return body.remaining();
    }

    int int32() throws Fatal {
        try {
            return body.getInt();
        } catch (BufferUnderflowException _) {
            throw tooShort();
        }
    }

    /// The bytes up to the next NUL, which is read as well.
    byte[] terminated() throws Fatal {
        int from = body.position();
        for (int i = from; i < body.limit(); i++) {
            if (body.get(i) == 0) {
                byte[] bytes = bytes(i - from);
                body.get();
                return bytes;
            }
        }
        throw Fatal.protocolViolation("invalid string in message");
    }

    /// A string of the protocol itself: ASCII.
    String keyword() throws Fatal {
        return new String(terminated(), StandardCharsets.US_ASCII);
    }

    byte[] bytes(int length) throws Fatal {
        if (length < 0 || length > body.remaining()) {
            throw tooShort();
        }
        byte[] bytes = new byte[length];
        body.get(bytes);
        return bytes;
    }

    /// Requires that everything has been read.
    void end() throws Fatal {
        if (body.hasRemaining()) {
            throw Fatal.protocolViolation("invalid message format");
        }
    }

    private static Fatal tooShort() {
        return Fatal.protocolViolation("insufficient data left in message");
    }
}
