package io.pgtrickle.runtime.session;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The calling session has gone, or has begun something else, in the middle of a call. What it did
/// is its transaction's; nothing is left to do.
public final class DialogueEnded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String next;
    private final @Nullable IOException failure;

    private DialogueEnded(String next, @Nullable IOException failure) {
        super("the calling session ended the call", failure, false, false);
        this.next = next;
        this.failure = failure;
    }

    /// By the request of another call.
    public static DialogueEnded by(String next) {
        return new DialogueEnded(next, null);
    }

    /// By a connection that broke.
    public static DialogueEnded by(IOException failure) {
        return new DialogueEnded("", failure);
    }

    /// The request of the next call, where there is one.
    public String next() {
        return next;
    }

    /// Why there is no next call.
    public Optional<IOException> failure() {
        return Optional.ofNullable(failure);
    }
}
