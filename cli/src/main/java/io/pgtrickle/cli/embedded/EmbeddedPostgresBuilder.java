package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// Describes an embedded server and starts it. Not thread-safe.
public final class EmbeddedPostgresBuilder {
    private final Map<String, String> server = new LinkedHashMap<>();
    private Directories directories = Directories.standard();
    private Optional<Path> dataDirectory = Optional.empty();
    private boolean temporary;
    private int port;
    private PortChoice portChoice = PortChoice.PREFERRED;
    private AtExit atExit = AtExit.STOP;

    EmbeddedPostgresBuilder() {
        server.put("wal_level", "logical");
    }

    /// What happens when the wished port is taken.
    enum PortChoice {
        EXACT,
        PREFERRED
    }

    /// Whether the server ends with the JVM by itself.
    enum AtExit {
        STOP,
        NOTHING
    }

    /// A finished description.
    record Settings(
            Directories directories,
            Path dataDirectory,
            boolean temporary,
            int port,
            PortChoice portChoice,
            AtExit atExit,
            Map<String, String> server) {}

    /// Keeps the data here. Without it: the directory for the server's major version in
    /// [Directories#standard()].
    public EmbeddedPostgresBuilder dataDirectory(Path directory) {
        dataDirectory = Optional.of(directory);
        temporary = false;
        return this;
    }

    /// Keeps the data in a new directory under `parent`, or under the system's one for temporary
    /// files where the server's account cannot reach `parent`. It is deleted at the end.
    public EmbeddedPostgresBuilder temporaryDataDirectory(Path parent) {
        try {
            Path wished = parent.toAbsolutePath().resolve("pg-" + UUID.randomUUID());
            boolean reachable = Account.forDataDirectory(wished).obstacle(wished).isEmpty();
            Path fallback = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
            dataDirectory =
                    Optional.of(
                            reachable
                                    ? wished
                                    : fallback.resolve("pgtrickle-" + UUID.randomUUID()));
            temporary = true;
            return this;
        } catch (IOException e) {
            throw new EmbeddedPostgresException("Cannot look at " + parent + ": " + e, e);
        }
    }

    /// Unpacks the programs into, and looks for data in, other directories than the user's own.
    public EmbeddedPostgresBuilder directories(Directories value) {
        directories = value;
        return this;
    }

    /// Listens on this port and no other; 0 takes a free one.
    public EmbeddedPostgresBuilder port(int number) {
        port = number;
        portChoice = number == 0 ? PortChoice.PREFERRED : PortChoice.EXACT;
        return this;
    }

    /// Listens on this port, or on a free one when it is taken.
    public EmbeddedPostgresBuilder preferredPort(int number) {
        port = number;
        portChoice = PortChoice.PREFERRED;
        return this;
    }

    /// Sets a server setting, such as `fsync` to `off` in tests.
    public EmbeddedPostgresBuilder setting(String name, String value) {
        server.put(name, value);
        return this;
    }

    /// Sets several server settings.
    public EmbeddedPostgresBuilder settings(Map<String, String> values) {
        server.putAll(values);
        return this;
    }

    /// Leaves it to the caller to stop the server when the JVM ends. Otherwise it is stopped,
    /// immediately.
    public EmbeddedPostgresBuilder stoppedByCaller() {
        atExit = AtExit.NOTHING;
        return this;
    }

    /// Starts the server and waits until it accepts connections.
    public EmbeddedPostgres start() {
        Path data =
                dataDirectory.orElseGet(
                        () -> directories.dataDirectory(ServerVersion.packaged().major()));
        Settings settings =
                new Settings(
                        directories, data, temporary, port, portChoice, atExit, Map.copyOf(server));
        EmbeddedPostgres postgres = new EmbeddedPostgres(settings);
        try {
            postgres.start();
            return postgres;
        } catch (RuntimeException e) {
            postgres.close();
            throw e;
        }
    }
}
