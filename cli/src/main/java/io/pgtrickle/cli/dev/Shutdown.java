package io.pgtrickle.cli.dev;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Closes what was opened, in reverse order and once: at the end, or when the JVM is told to end
/// (Ctrl-C, SIGTERM).
///
/// Thread-safe. What is being opened when the end comes is opened first, then closed.
final class Shutdown implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Shutdown.class);

    private final Deque<AutoCloseable> open = new ArrayDeque<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final CountDownLatch begun = new CountDownLatch(1);

    /// Closes at the end of the JVM.
    static Shutdown atExit() {
        Shutdown shutdown = new Shutdown();
        Runtime.getRuntime().addShutdownHook(new Thread(shutdown::close, "shutdown"));
        return shutdown;
    }

    /// Opens something, to be closed at the end.
    <T extends AutoCloseable> T open(Supplier<T> source) {
        lock.lock();
        try {
            if (begun.getCount() == 0) {
                throw new IllegalStateException("The program is ending");
            }
            T opened = source.get();
            open.push(opened);
            return opened;
        } finally {
            lock.unlock();
        }
    }

    /// Waits for the end.
    ///
    /// @return whether it has come
    boolean await(Duration timeout) throws InterruptedException {
        return begun.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public void close() {
        begun.countDown();
        lock.lock();
        try {
            while (!open.isEmpty()) {
                close(open.pop());
            }
        } finally {
            lock.unlock();
        }
    }

    private static void close(AutoCloseable opened) {
        try {
            opened.close();
        } catch (Exception e) {
            log.warn("Cannot close {}", opened, e);
        }
    }
}
