package io.pgtrickle.server.schedule;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/*
 * Who gets a worker:
 *
 * - A database never has more than its own limit. With a quota that is the quota, and half as many again while less than
 *   four fifths of all workers are busy.
 * - A worker is kept free for each database that has none: refreshes that wait for a lock, or a database that does not
 *   answer, hold the workers of their own database and never the last one of another.
 * - While another database waits for workers, none takes more than its part of them all.
 *
 * So there are never fewer workers than databases.
 */

/// The workers of a service, which its databases share. Thread-safe.
public final class Budget {
    private final ReentrantLock lock = new ReentrantLock();
    private final List<Share> shares = new ArrayList<>();
    private final int ceiling;

    /// @param ceiling how many workers there are at most, whatever the settings of databases say
    public Budget(int ceiling) {
        if (ceiling < 1) {
            throw new IllegalArgumentException("workers: " + ceiling);
        }
        this.ceiling = ceiling;
    }

    /// A part for one more database, between [Share#open] and [Share#close].
    ///
    /// @param freed called by any thread when it is worth trying again to take workers
    public Share share(Limits limits, Runnable freed) {
        return new Share(limits, freed);
    }

    /// How many workers there are: what the most generous of the databases says.
    private int size() {
        int asked = shares.stream().mapToInt(it -> it.limits.pool()).max().orElse(1);
        return Math.max(Math.min(asked, ceiling), shares.size());
    }

    private int busy() {
        return shares.stream().mapToInt(it -> it.active).sum();
    }

    /// Tells those that wait, without the lock.
    private void tell(List<Share> waiting) {
        waiting.forEach(it -> it.freed.run());
    }

    /// The others that wait and could have a worker now.
    private List<Share> waiting(Share self) {
        return shares.stream().filter(it -> it.waits && it != self && it.mayTake()).toList();
    }

    /// The part of one database. Thread-safe.
    public final class Share implements AutoCloseable {
        private final Runnable freed;
        private Limits limits;
        private int active;
        private boolean waits;
        private boolean opened;

        private Share(Limits limits, Runnable freed) {
            this.limits = limits;
            this.freed = freed;
        }

        /// Begins to count.
        ///
        /// @return this
        Share open() {
            lock.lock();
            try {
                shares.add(this);
                opened = true;
                return this;
            } finally {
                lock.unlock();
            }
        }

        /// Changes the limits; what runs goes on.
        void limits(Limits newest) {
            List<Share> others = List.of();
            lock.lock();
            try {
                if (!newest.equals(limits)) {
                    limits = newest;
                    others = waiting(this);
                }
            } finally {
                lock.unlock();
            }
            tell(others);
        }

        /// Takes workers, each of which is to be given back.
        ///
        /// @return how many; those that are missing are told of later
        int take(int wanted) {
            lock.lock();
            try {
                int taken = 0;
                while (taken < wanted && opened && mayTake()) {
                    active++;
                    taken++;
                }
                waits = taken < wanted && opened;
                return taken;
            } finally {
                lock.unlock();
            }
        }

        private boolean mayTake() {
            int size = size();
            int kept = 0;
            boolean othersWait = false;
            for (Share other : shares) {
                if (other != this) {
                    kept += other.active == 0 ? 1 : 0;
                    othersWait |= other.waits && other.hasRoom();
                }
            }
            boolean fair = !othersWait || active < Math.max(1, size / shares.size());
            return hasRoom() && busy() + kept < size && fair;
        }

        /// Whether its own limit allows one more now.
        private boolean hasRoom() {
            boolean scarce = 5 * busy() >= 4 * size();
            return active < (scarce ? limits.base() : limits.most());
        }

        /// Gives a worker back.
        void giveBack() {
            List<Share> others;
            lock.lock();
            try {
                active--;
                others = waiting(this);
            } finally {
                lock.unlock();
            }
            tell(others);
        }

        /// How many workers the service has now.
        public int size() {
            lock.lock();
            try {
                return Budget.this.size();
            } finally {
                lock.unlock();
            }
        }

        /// How many of them this database may have now.
        public int own() {
            lock.lock();
            try {
                return Math.min(limits.most(), Budget.this.size());
            } finally {
                lock.unlock();
            }
        }

        /// Leaves. What is still to be given back counts for nobody any more.
        @Override
        public void close() {
            List<Share> others;
            lock.lock();
            try {
                opened = false;
                waits = false;
                shares.remove(this);
                others = waiting(this);
            } finally {
                lock.unlock();
            }
            tell(others);
        }
    }
}
