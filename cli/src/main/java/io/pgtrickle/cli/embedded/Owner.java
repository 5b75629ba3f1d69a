package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.Properties;

/// The JVM that started a server, recorded so that a server left behind by a killed JVM can be told
/// from one in use.
///
/// @param pid the JVM's process
/// @param started when that process started, because pids are used again
public record Owner(long pid, Instant started) {

    /// This JVM.
    public static Owner current() {
        return of(ProcessHandle.current());
    }

    private static Owner of(ProcessHandle process) {
        return new Owner(process.pid(), process.info().startInstant().orElse(Instant.EPOCH));
    }

    /// Whether that very process still runs.
    public boolean alive() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .map(Owner::of)
                .filter(this::equals)
                .isPresent();
    }

    /// Writes the owner among other entries of a properties file.
    public void write(Path file, Properties others) throws IOException {
        Properties all = new Properties();
        all.putAll(others);
        all.setProperty("pid", Long.toString(pid));
        all.setProperty("started", started.toString());
        try (Writer writer = Files.newBufferedWriter(file)) {
            all.store(writer, null);
        }
    }

    /// Reads the owner back; empty when there is no file or none that makes sense.
    public static Optional<Owner> read(Path file) {
        Properties all = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            all.load(reader);
            long pid = Long.parseLong(all.getProperty("pid", ""));
            return Optional.of(new Owner(pid, Instant.parse(all.getProperty("started", ""))));
        } catch (IOException | RuntimeException e) {
            return Optional.empty();
        }
    }
}
