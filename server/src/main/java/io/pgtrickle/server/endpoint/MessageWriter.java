package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Writes messages to a client. Not thread-safe.
final class MessageWriter {
    enum Severity {
        ERROR,
        FATAL
    }

    /// Writes the inside of a message.
    private interface Body {
        void to(DataOutputStream out) throws IOException;
    }

    private static final int SASL = 10;
    private static final int SASL_CONTINUE = 11;
    private static final int SASL_FINAL = 12;
    private static final int TEXT_OID = 25;

    private final DataOutputStream out;

    MessageWriter(OutputStream out) {
        this.out = new DataOutputStream(out);
    }

    void flush() throws IOException {
        out.flush();
    }

    /// A byte outside any message, the answer to a request for encryption.
    void bare(char answer) throws IOException {
        out.write(answer);
    }

    void negotiateProtocol(int version, List<String> unknownOptions) throws IOException {
        message(
                'v',
                body -> {
                    body.writeInt(version);
                    body.writeInt(unknownOptions.size());
                    for (String option : unknownOptions) {
                        string(body, option, StandardCharsets.UTF_8);
                    }
                });
    }

    void sasl(List<String> mechanisms) throws IOException {
        message(
                'R',
                body -> {
                    body.writeInt(SASL);
                    for (String mechanism : mechanisms) {
                        string(body, mechanism, StandardCharsets.US_ASCII);
                    }
                    body.write(0);
                });
    }

    void saslContinue(String challenge) throws IOException {
        authentication(SASL_CONTINUE, challenge);
    }

    void saslFinal(String outcome) throws IOException {
        authentication(SASL_FINAL, outcome);
    }

    void authenticationOk() throws IOException {
        authentication(0, "");
    }

    private void authentication(int kind, String data) throws IOException {
        message(
                'R',
                body -> {
                    body.writeInt(kind);
                    body.write(data.getBytes(StandardCharsets.UTF_8));
                });
    }

    void parameterStatus(String name, String value) throws IOException {
        message(
                'S',
                body -> {
                    string(body, name, StandardCharsets.UTF_8);
                    string(body, value, StandardCharsets.UTF_8);
                });
    }

    void backendKeyData(int process, byte[] key) throws IOException {
        message(
                'K',
                body -> {
                    body.writeInt(process);
                    body.write(key);
                });
    }

    void readyForQuery() throws IOException {
        message('Z', body -> body.write('I'));
    }

    void commandComplete(String tag) throws IOException {
        message('C', body -> string(body, tag, StandardCharsets.US_ASCII));
    }

    /// One row with one column, `answer`, of type text.
    void answer(byte[] text) throws IOException {
        message(
                'T',
                body -> {
                    body.writeShort(1);
                    string(body, "answer", StandardCharsets.US_ASCII);
                    body.writeInt(0);
                    body.writeShort(0);
                    body.writeInt(TEXT_OID);
                    body.writeShort(-1);
                    body.writeInt(-1);
                    body.writeShort(0);
                });
        out.write('D');
        out.writeInt(Math.addExact(text.length, Integer.BYTES + Short.BYTES + Integer.BYTES));
        out.writeShort(1);
        out.writeInt(text.length);
        out.write(text);
        commandComplete("SELECT 1");
    }

    void error(Severity severity, PgTrickleException error, Charset charset) throws IOException {
        message(
                'E',
                body -> {
                    field(body, 'S', severity.name(), charset);
                    field(body, 'V', severity.name(), charset);
                    field(body, 'C', error.sqlState(), charset);
                    field(body, 'M', String.valueOf(error.getMessage()), charset);
                    if (error.detail().isPresent()) {
                        field(body, 'D', error.detail().get(), charset);
                    }
                    if (error.hint().isPresent()) {
                        field(body, 'H', error.hint().get(), charset);
                    }
                    body.write(0);
                });
    }

    private static void field(DataOutputStream body, char code, String value, Charset charset)
            throws IOException {
        body.write(code);
        string(body, value, charset);
    }

    private static void string(DataOutputStream body, String value, Charset charset)
            throws IOException {
        body.write(value.replace("\0", "").getBytes(charset));
        body.write(0);
    }

    private void message(char type, Body content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        content.to(new DataOutputStream(bytes));
        out.write(type);
        out.writeInt(bytes.size() + Integer.BYTES);
        bytes.writeTo(out);
    }
}
