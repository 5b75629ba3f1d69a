package io.pgtrickle.tests.endpoint;

import com.ongres.scram.common.ScramFunctions;
import com.ongres.scram.common.ScramMechanism;
import com.ongres.scram.common.StringPreparation;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A client that sends what it is told to, right or wrong. Not thread-safe.
final class RawClient implements AutoCloseable {
    static final int V30 = 3 << 16;
    static final int V32 = V30 + 2;

    private static final int PATIENCE_MILLIS = 20_000;
    private static final ScramMechanism SHA_256 = ScramMechanism.SCRAM_SHA_256;

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    /// A message of the server.
    record Reply(char type, String content) {
        /// The fields of an error.
        Map<Character, String> fields() {
            Map<Character, String> fields = new HashMap<>();
            for (String field : content.split("\0", -1)) {
                if (!field.isEmpty()) {
                    fields.put(field.charAt(0), field.substring(1));
                }
            }
            return fields;
        }

        /// Severity and SQLSTATE of an error.
        String verdict() {
            return type == 'E' ? fields().get('V') + " " + fields().get('C') : "no error: " + this;
        }
    }

    RawClient(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    /// A client that is logged in and may ask.
    static RawClient loggedIn(int port, String user, String secret) throws IOException {
        RawClient client = new RawClient(port);
        client.startup(V30, "user", user);
        client.login(secret);
        client.untilReady();
        return client;
    }

    Socket socket() {
        return socket;
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    /// Sends a packet of the start, with texts that end in NUL, and the NUL at its end.
    void startup(int code, String... texts) throws IOException {
        String content = String.join("\0", texts) + (texts.length > 0 ? "\0\0" : "");
        packet(code, content.getBytes(StandardCharsets.UTF_8));
    }

    void packet(int code, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        data.writeInt(content.length + 8);
        data.writeInt(code);
        data.write(content);
        send(bytes.toByteArray());
    }

    /// Sends a message.
    void message(char type, byte[] content) throws IOException {
        send(bytes(type, content.length + 4, content));
    }

    /// The bytes of a message with any length.
    static byte[] bytes(char type, int length, byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        data.write(type);
        data.writeInt(length);
        data.write(content);
        return bytes.toByteArray();
    }

    void query(String sql) throws IOException {
        message('Q', (sql + "\0").getBytes(StandardCharsets.UTF_8));
    }

    /// Asks and returns all replies.
    List<Reply> ask(String sql) throws IOException {
        query(sql);
        return untilReady();
    }

    /// Calls and returns the text of the answer.
    String call(String request) throws IOException {
        List<Reply> replies = ask("SELECT pgtrickle.call('" + request.replace("'", "''") + "')");
        return replies.stream()
                .filter(reply -> reply.type() == 'D')
                .map(reply -> reply.content().substring(6))
                .findFirst()
                .orElseThrow(() -> new AssertionError(replies));
    }

    /// A single byte, -1 at the end.
    int answer() throws IOException {
        return in.read();
    }

    Reply reply() throws IOException {
        char type = (char) in.readUnsignedByte();
        byte[] content = new byte[in.readInt() - 4];
        in.readFully(content);
        return new Reply(type, new String(content, StandardCharsets.UTF_8));
    }

    /// All replies up to the one that lets the client ask, or ends the connection.
    List<Reply> untilReady() throws IOException {
        List<Reply> replies = new ArrayList<>();
        do {
            replies.add(reply());
        } while (!isLast(replies.getLast()));
        return replies;
    }

    private static boolean isLast(Reply reply) {
        return reply.type() == 'Z' || reply.verdict().startsWith("FATAL");
    }

    /// Whether the server has closed the connection, after any messages.
    boolean isClosed() throws IOException {
        try {
            while (true) {
                reply();
            }
        } catch (EOFException | SocketException _) {
            return true;
        }
    }

    /// Logs in by SCRAM-SHA-256, up to the server's verdict, which is returned.
    Reply login(String secret) throws IOException {
        Reply offer = reply();
        if (offer.type() != 'R') {
            return offer;
        }
        String bare = "n=,r=clientnonce";
        sasl("SCRAM-SHA-256", "n,," + bare);
        String challenge = reply().content().substring(4);
        String[] parts = challenge.split(",", -1);
        byte[] salted =
                ScramFunctions.saltedPassword(
                        SHA_256,
                        StringPreparation.NO_PREPARATION,
                        secret.toCharArray(),
                        Base64.getDecoder().decode(parts[1].substring(2)),
                        Integer.parseInt(parts[2].substring(2)));
        byte[] key = ScramFunctions.clientKey(SHA_256, salted);
        String unproven = "c=biws," + parts[0];
        byte[] signature =
                ScramFunctions.clientSignature(
                        SHA_256,
                        ScramFunctions.storedKey(SHA_256, key),
                        bare + "," + challenge + "," + unproven);
        String proof =
                Base64.getEncoder().encodeToString(ScramFunctions.clientProof(key, signature));
        message('p', (unproven + ",p=" + proof).getBytes(StandardCharsets.UTF_8));
        return reply();
    }

    /// Sends the first message of a login.
    void sasl(String mechanism, String first) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(bytes);
        data.writeBytes(mechanism);
        data.write(0);
        data.writeInt(first.length());
        data.writeBytes(first);
        message('p', bytes.toByteArray());
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
