package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A data directory: made by initdb, freed of what a crash left behind.
///
/// @param path the directory
/// @param binaries the programs that work on it
/// @param account whom it belongs to
record DataDirectory(Path path, Binaries binaries, Account account) {
    private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);
    private static final Duration ORPHAN_TIMEOUT = Duration.ofSeconds(60);

    static DataDirectory at(Path path, Binaries binaries) {
        Path absolute = path.toAbsolutePath().normalize();
        return new DataDirectory(absolute, binaries, Account.forDataDirectory(absolute));
    }

    Path log() {
        return path.resolve("pgtrickle-server.log");
    }

    private Path ownerFile() {
        return path.resolve("pgtrickle-owner.properties");
    }

    /// Makes the directory ready for a start.
    void prepare() {
        try {
            account.requireReachable(binaries.home().resolve("bin"));
            account.requireReachable(path);
            if (Files.exists(path.resolve("PG_VERSION"))) {
                requireMajorVersion();
                releaseFromPreviousServer();
                return;
            }
            initialise();
        } catch (IOException e) {
            throw new EmbeddedPostgresException(
                    "Cannot use the data directory " + path + ": " + e, e);
        }
    }

    void recordOwner() throws IOException {
        Owner.current().write(ownerFile(), new Properties());
        account.own(ownerFile());
    }

    void forgetOwner() throws IOException {
        Files.deleteIfExists(ownerFile());
    }

    private void requireMajorVersion() throws IOException {
        String major = Files.readString(path.resolve("PG_VERSION")).strip();
        if (!major.equals(Integer.toString(binaries.version().major()))) {
            throw new EmbeddedPostgresException(
                    "The data directory "
                            + path
                            + " belongs to PostgreSQL "
                            + major
                            + ", the packaged programs are "
                            + binaries.version().text()
                            + ". Choose another data directory.");
        }
    }

    private void initialise() throws IOException {
        if (Files.isDirectory(path)) {
            if (!Directories.isEmpty(path)) {
                throw new EmbeddedPostgresException(
                        path
                                + " is neither empty nor a PostgreSQL data directory. Choose another directory.");
            }
            initialise(path);
            return;
        }
        Directories.createParent(path);
        Path beside = path.resolveSibling(path.getFileName() + ".initdb");
        Directories.delete(beside);
        Files.createDirectory(beside);
        initialise(beside);
        Files.move(beside, path);
    }

    private void initialise(Path directory) throws IOException {
        log.info("Initialising the data directory {}", path);
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        account.own(directory);
        List<String> command = new ArrayList<>();
        command.addAll(
                List.of(binaries.program("initdb"), "-D", directory.toString(), "-U", "postgres"));
        command.addAll(
                List.of("--encoding=UTF8", "--locale=C", "--auth=trust", "--no-instructions"));
        if (binaries.version().major() >= 17) {
            // The same on every platform, and it knows the case of letters beyond ASCII.
            command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
        }
        Programs.Result result = Programs.run(account.commandLine(command), binaries.home());
        if (result.exitCode() != 0) {
            throw new EmbeddedPostgresException(
                    "initdb failed on " + directory + ":\n" + result.output());
        }
    }

    private void releaseFromPreviousServer() throws IOException {
        Optional<PostmasterFile> file = PostmasterFile.read(path);
        if (file.isEmpty()) {
            return;
        }
        Optional<ProcessHandle> server = file.get().liveServer(path);
        if (server.isEmpty()) {
            if (ProcessHandle.of(file.get().pid()).isPresent()) {
                // The pid belongs to another program by now; PostgreSQL itself would refuse to
                // start.
                Files.deleteIfExists(path.resolve("postmaster.pid"));
            }
            return;
        }
        if (Owner.read(ownerFile()).filter(owner -> !owner.alive()).isEmpty()) {
            throw new EmbeddedPostgresException(
                    "Another PostgreSQL server runs on the data directory "
                            + path
                            + ": process "
                            + file.get().pid()
                            + ", port "
                            + file.get().port()
                            + ". Stop it, connect to it with --url, or choose another data directory.");
        }
        log.info(
                "Stopping the PostgreSQL server {} that a killed process left behind",
                file.get().pid());
        stop(StopMode.FAST, ORPHAN_TIMEOUT);
    }

    /// How pg_ctl stops a server.
    enum StopMode {
        FAST,
        IMMEDIATE
    }

    /// Stops the server of this directory and waits until it is gone; turns to immediate when fast
    /// takes too long.
    void stop(StopMode mode, Duration timeout) {
        Programs.Result result = pgCtlStop(mode, timeout);
        if (result.exitCode() != 0
                && PostmasterFile.read(path).flatMap(f -> f.liveServer(path)).isPresent()) {
            result = pgCtlStop(StopMode.IMMEDIATE, timeout);
            if (result.exitCode() != 0) {
                throw new EmbeddedPostgresException(
                        "Cannot stop PostgreSQL in " + path + ":\n" + result.output());
            }
        }
    }

    private Programs.Result pgCtlStop(StopMode mode, Duration timeout) {
        List<String> command = new ArrayList<>();
        command.addAll(
                List.of(binaries.program("pg_ctl"), "stop", "-D", path.toString(), "-w", "-s"));
        command.addAll(List.of("-t", Long.toString(timeout.toSeconds()), "-m"));
        command.add(
                switch (mode) {
                    case FAST -> "fast";
                    case IMMEDIATE -> "immediate";
                });
        return Programs.run(account.commandLine(command), binaries.home());
    }
}
