package io.pgtrickle.cli.embedded;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.UUID;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.tukaani.xz.XZInputStream;

/// The unpacked server programs.
///
/// @param home the directory with `bin`, `lib` and `share`
/// @param version what they are
record Binaries(Path home, ServerVersion version) {
    private static final Logger log = LoggerFactory.getLogger(Binaries.class);

    /// Unpacks the programs of this platform into the cache unless they are there.
    ///
    /// They are unpacked beside their place and renamed, under a lock: other JVMs see all of them
    /// or none.
    static Binaries unpacked(Path cache) {
        ServerVersion version = ServerVersion.packaged();
        Platform platform = Platform.current();
        String name = "postgres-" + version.text() + "-" + platform.id();
        Path home = cache.toAbsolutePath().resolve(name);
        if (!Files.isDirectory(home)) {
            try (FileLocks.Held _ =
                    FileLocks.acquire(cache.resolve(name + ".lock"), Duration.ofMinutes(5))) {
                if (!Files.isDirectory(home)) {
                    unpack(platform, home);
                }
            } catch (IOException e) {
                throw new EmbeddedPostgresException(
                        "Cannot unpack PostgreSQL into " + home + ": " + e, e);
            }
        }
        return new Binaries(home, version);
    }

    String program(String name) {
        return home.resolve("bin").resolve(name).toString();
    }

    private static void unpack(Platform platform, Path home) throws IOException {
        log.info("Unpacking PostgreSQL into {}", home);
        Path beside = home.resolveSibling(home.getFileName() + "." + UUID.randomUUID());
        try (InputStream archive = Binaries.class.getResourceAsStream(platform.archive())) {
            if (archive == null) {
                throw new EmbeddedPostgresException(
                        "The PostgreSQL programs for "
                                + platform.id()
                                + " are not on the class path");
            }
            Directories.create(beside);
            extract(archive, beside);
            Files.move(beside, home, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Directories.delete(beside);
        }
    }

    private static void extract(InputStream archive, Path target) throws IOException {
        try (TarArchiveInputStream tar =
                new TarArchiveInputStream(
                        new XZInputStream(new BufferedInputStream(archive, 1 << 16)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                Path path = target.resolve(entry.getName()).normalize();
                if (!path.startsWith(target)) {
                    throw new IOException("Entry outside the archive: " + entry.getName());
                }
                extract(tar, entry, path);
            }
        }
    }

    private static void extract(TarArchiveInputStream tar, TarArchiveEntry entry, Path path)
            throws IOException {
        if (entry.isDirectory()) {
            Directories.create(path);
            return;
        }
        Directories.createParent(path);
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            return;
        }
        if (entry.isLink()) {
            throw new IOException("Hard link in the archive: " + entry.getName());
        }
        Files.copy(tar, path);
        boolean executable = (entry.getMode() & 0100) != 0;
        Files.setPosixFilePermissions(
                path, PosixFilePermissions.fromString(executable ? "rwxr-xr-x" : "rw-r--r--"));
    }
}
