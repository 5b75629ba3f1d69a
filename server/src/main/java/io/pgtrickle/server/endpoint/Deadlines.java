package io.pgtrickle.server.endpoint;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// Does things when time is up, on a thread of its own. What is done must not block. Thread-safe.
final class Deadlines implements AutoCloseable {
    private final ScheduledThreadPoolExecutor executor;

    Deadlines() {
        executor =
                new ScheduledThreadPoolExecutor(
                        1,
                        Thread.ofPlatform()
                                .daemon()
                                .name("pg_trickle endpoint deadlines")
                                .factory());
        executor.setRemoveOnCancelPolicy(true);
        executor.setRejectedExecutionHandler(new ThreadPoolExecutor.DiscardPolicy());
        executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /// Something that will be done unless it is lifted before.
    static final class Deadline {
        private final ScheduledFuture<?> future;

        private Deadline(ScheduledFuture<?> future) {
            this.future = future;
        }

        /// Sees to it that nothing is done any more.
        void lift() {
            future.cancel(false);
        }
    }

    /// Does something after a while; nothing when this has been closed.
    Deadline after(Duration time, Runnable action) {
        return new Deadline(executor.schedule(action, time.toNanos(), TimeUnit.NANOSECONDS));
    }

    /// Forgets everything that is not due yet, waits for the thread to end.
    @Override
    public void close() {
        executor.shutdownNow();
        executor.close();
    }
}
