package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Where things are kept, and the file operations that they need.
///
/// @param data parent of the data directories
/// @param cache parent of the unpacked programs
public record Directories(Path data, Path cache) {

    /// The directories of the current user. For root they are outside its home, which PostgreSQL's
    /// account cannot enter.
    public static Directories standard() {
        Map<String, String> environment = System.getenv();
        Path home =
                absolute(environment.get("HOME"))
                        .orElse(Path.of(System.getProperty("user.home", "/")));
        return of(environment, home, Account.isRoot());
    }

    static Directories of(Map<String, String> environment, Path home, boolean root) {
        Optional<Path> own = Optional.ofNullable(environment.get("PGTRICKLE_HOME")).map(Path::of);
        if (own.isPresent()) {
            Path base = own.get().toAbsolutePath();
            return new Directories(base.resolve("data"), base.resolve("cache"));
        }
        if (root) {
            return new Directories(Path.of("/var/lib/pgtrickle"), Path.of("/var/cache/pgtrickle"));
        }
        Path data = absolute(environment.get("XDG_DATA_HOME")).orElse(home.resolve(".local/share"));
        Path cache = absolute(environment.get("XDG_CACHE_HOME")).orElse(home.resolve(".cache"));
        return new Directories(data.resolve("pgtrickle"), cache.resolve("pgtrickle"));
    }

    /// The data directory that a server of this major version has unless told otherwise.
    public Path dataDirectory(int major) {
        return data.resolve("data-" + major);
    }

    private static Optional<Path> absolute(@Nullable String text) {
        return Optional.ofNullable(text).map(Path::of).filter(Path::isAbsolute);
    }

    /// Creates a directory and what is missing above it, readable by everybody whatever the umask
    /// says.
    static void create(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        if (parent != null) {
            create(parent);
        }
        try {
            Files.createDirectory(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory)) {
                throw e;
            }
        }
    }

    /// Creates the directory that holds `path`.
    static void createParent(Path path) throws IOException {
        Path parent = path.toAbsolutePath().getParent();
        if (parent != null) {
            create(parent);
        }
    }

    static boolean isEmpty(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }

    /// Deletes a file or a directory with all below it; links are not followed.
    static void delete(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.deleteIfExists(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException error)
                            throws IOException {
                        if (error instanceof NoSuchFileException) {
                            return FileVisitResult.CONTINUE;
                        }
                        throw error;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path directory, @Nullable IOException error) throws IOException {
                        if (error != null) {
                            throw error;
                        }
                        Files.deleteIfExists(directory);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
