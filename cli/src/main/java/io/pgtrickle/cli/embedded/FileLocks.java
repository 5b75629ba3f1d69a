package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/// Locks between processes and between the threads of one, by locked files. The files stay, empty.
final class FileLocks {
    private FileLocks() {}

    /// A held lock.
    record Held(FileChannel channel, FileLock lock) implements AutoCloseable {
        @Override
        public void close() {
            try (channel) {
                lock.release();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    static Held acquire(Path file, Duration timeout) {
        Deadline deadline = Deadline.in(timeout);
        try {
            Directories.createParent(file);
            FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            while (true) {
                try {
                    FileLock lock = channel.tryLock();
                    if (lock != null) {
                        return new Held(channel, lock);
                    }
                } catch (OverlappingFileLockException e) {
                    // Another thread of this JVM holds it: wait as for another process.
                }
                if (deadline.passed()) {
                    channel.close();
                    throw new EmbeddedPostgresException(
                            "Another process has held the lock "
                                    + file
                                    + " for "
                                    + timeout.toSeconds()
                                    + " seconds");
                }
                deadline.pause(Duration.ofMillis(20));
            }
        } catch (IOException e) {
            throw new EmbeddedPostgresException("Cannot lock " + file + ": " + e, e);
        }
    }
}
