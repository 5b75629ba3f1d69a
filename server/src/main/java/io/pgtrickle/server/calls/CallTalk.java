package io.pgtrickle.server.calls;

import io.pgtrickle.runtime.api.SqlCalls;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.DialogueEnded;
import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Talk;
import java.io.IOException;
import java.util.Optional;

/// Serves the calls of one client after the other. A client that was interrupted in the middle of a
/// call begins another one instead of saying what came of the last step.
///
/// @param calls thread-safe, shared by all clients
/// @param seal what tells the functions of the database from whoever else writes on the connection
record CallTalk(SqlCalls calls, Seal seal) implements Talk {

    /// How the functions in the database begin a call.
    private static final String CALL = "{\"call\"";

    @Override
    public void with(Conversation conversation) throws IOException {
        Dialogue dialogue = new Dialogue(conversation);
        String request = dialogue.request();
        while (true) {
            request = next(dialogue, request);
        }
    }

    /// Serves a call; gives the request of the next one.
    private String next(Dialogue dialogue, String request) throws IOException {
        String outcome;
        try {
            outcome = calls.serve(request, step -> reply(dialogue, step));
        } catch (DialogueEnded e) {
            Optional<IOException> failure = e.failure();
            if (failure.isPresent()) {
                throw failure.get();
            }
            return e.next();
        }
        dialogue.answer(outcome);
        return dialogue.request();
    }

    private static String reply(Dialogue dialogue, String step) {
        try {
            dialogue.answer(step);
            String origin = dialogue.origin();
            String reply = dialogue.request();
            if (reply.startsWith(CALL)) {
                throw DialogueEnded.by(reply);
            }
            if (!dialogue.origin().equals(origin)) {
                throw DialogueEnded.by(new IOException("a reply of another session"));
            }
            return reply;
        } catch (IOException e) {
            throw DialogueEnded.by(e);
        }
    }

    /// A conversation without the seals. Belongs to one thread.
    private final class Dialogue {
        private final Conversation conversation;
        private Seal.Request request = new Seal.Request("", "", "");

        private Dialogue(Conversation conversation) {
            this.conversation = conversation;
        }

        /// The next request that this database has sealed; others are refused.
        private String request() throws IOException {
            while (true) {
                String sealed = conversation.request();
                try {
                    request = seal.open(sealed);
                    return request.message();
                } catch (PgTrickleException e) {
                    conversation.fail(e);
                }
            }
        }

        /// Where the last request came from.
        private String origin() {
            return request.origin();
        }

        private void answer(String text) throws IOException {
            conversation.answer(seal.close(request, text));
        }
    }
}
