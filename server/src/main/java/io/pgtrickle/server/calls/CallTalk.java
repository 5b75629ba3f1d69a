package io.pgtrickle.server.calls;

import io.pgtrickle.runtime.api.SqlCalls;
import io.pgtrickle.runtime.session.DialogueEnded;
import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Talk;
import java.io.IOException;
import java.util.Optional;

/// Serves the calls of one client after the other. A client that was interrupted in the middle of a
/// call begins another one instead of saying what came of the last step.
///
/// @param calls thread-safe, shared by all clients
public record CallTalk(SqlCalls calls) implements Talk {

    /// How the functions in the database begin a call.
    private static final String CALL = "{\"call\"";

    @Override
    public void with(Conversation conversation) throws IOException {
        String request = conversation.request();
        while (true) {
            request = next(conversation, request);
        }
    }

    /// Serves a call; gives the request of the next one.
    private String next(Conversation conversation, String request) throws IOException {
        String outcome;
        try {
            outcome = calls.serve(request, step -> reply(conversation, step));
        } catch (DialogueEnded e) {
            Optional<IOException> failure = e.failure();
            if (failure.isPresent()) {
                throw failure.get();
            }
            return e.next();
        }
        conversation.answer(outcome);
        return conversation.request();
    }

    private static String reply(Conversation conversation, String step) {
        try {
            conversation.answer(step);
            String reply = conversation.request();
            if (reply.startsWith(CALL)) {
                throw DialogueEnded.by(reply);
            }
            return reply;
        } catch (IOException e) {
            throw DialogueEnded.by(e);
        }
    }
}
