package io.pgtrickle.server;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Whether a service leads; others may wait for it. Thread-safe.
final class Leadership {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean leads;

    void set(boolean value) {
        lock.lock();
        try {
            leads = value;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /// @return false when the time is up first, or the thread is interrupted
    boolean await(Duration timeout) {
        lock.lock();
        try {
            long left = timeout.toNanos();
            while (!leads && left > 0) {
                left = changed.awaitNanos(left);
            }
            return leads;
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
