package io.pgtrickle.tests.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.server.endpoint.Conversation;
import io.pgtrickle.server.endpoint.Talk;
import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/// Answers each request with itself, and some words specially. Thread-safe.
final class Parrot implements Talk {
    /// What it answers to `fail`.
    static PgTrickleException error() {
        return PgTrickleException.of("55P03", "größere \"Not\": it's\nbusy")
                .detail("why: C:\\temp\nand ä")
                .hint("what to do: 100%")
                .build();
    }

    @Override
    public void with(Conversation conversation) throws IOException {
        while (true) {
            String request = conversation.request();
            switch (request) {
                case "fail" -> conversation.fail(error());
                case "smile" -> smile(conversation);
                case "who" ->
                        conversation.answer(conversation.user() + " in " + conversation.database());
                case "wait" -> {
                    untilInterrupted();
                    conversation.answer("too late");
                }
                case "throw" -> throw error();
                case "defect" -> throw new IllegalStateException("a defect");
                case "leave" -> {
                    conversation.answer("bye");
                    return;
                }
                default -> conversation.answer(request);
            }
        }
    }

    private static void untilInterrupted() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private static void smile(Conversation conversation) throws IOException {
        try {
            conversation.answer("😀");
        } catch (PgTrickleException e) {
            conversation.fail(e);
        }
    }
}
