package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What `postmaster.pid` says about the server of a data directory, which may be gone.
///
/// @param pid the server's process
/// @param port 0 when the file does not tell yet
/// @param ready whether the server said that it accepts connections
record PostmasterFile(long pid, int port, boolean ready) {

    static Optional<PostmasterFile> read(Path dataDirectory) {
        try {
            return parse(Files.readAllLines(dataDirectory.resolve("postmaster.pid")));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new EmbeddedPostgresException(
                    "Cannot read postmaster.pid in " + dataDirectory + ": " + e, e);
        }
    }

    /// Lines: pid, data directory, start time, port, socket directory, listen address, shared
    /// memory key, status.
    static Optional<PostmasterFile> parse(List<String> lines) {
        if (lines.isEmpty() || !lines.getFirst().strip().matches("-?\\d{1,10}")) {
            return Optional.empty();
        }
        long pid = Math.abs(Long.parseLong(lines.getFirst().strip()));
        String port = lines.size() > 3 ? lines.get(3).strip() : "";
        boolean ready = lines.size() > 7 && lines.get(7).strip().equals("ready");
        return Optional.of(
                new PostmasterFile(
                        pid, port.matches("\\d{1,5}") ? Integer.parseInt(port) : 0, ready));
    }

    /// The server's process, empty when it is gone and also when its pid has gone to another
    /// program since.
    Optional<ProcessHandle> liveServer(Path dataDirectory) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(process -> isServer(process, dataDirectory));
    }

    private static boolean isServer(ProcessHandle process, Path dataDirectory) {
        try {
            Path workingDirectory =
                    Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/cwd"));
            return workingDirectory.equals(dataDirectory.toRealPath());
        } catch (IOException e) {
            // Not Linux, or another user's process: its name has to do.
            return process.info()
                    .command()
                    .map(command -> command.endsWith("postgres"))
                    .orElse(true);
        }
    }
}
