package io.pgtrickle.cli.embedded;

import com.sun.security.auth.module.UnixSystem;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Whom the server runs as. PostgreSQL refuses to run as root.
sealed interface Account {

    /// The user of this JVM, who is not root.
    record Self() implements Account {}

    /// An unprivileged account, used by root.
    record Other(String name, int uid, int gid) implements Account {
        private List<String> prefixed(List<String> command) {
            List<String> line = new ArrayList<>();
            if (Programs.find("setpriv").isPresent()) {
                line.addAll(
                        List.of(
                                "setpriv",
                                "--reuid=" + uid,
                                "--regid=" + gid,
                                "--clear-groups",
                                "--"));
            } else if (Programs.find("runuser").isPresent()) {
                line.addAll(List.of("runuser", "-u", name, "--"));
            } else if (Programs.find("sudo").isPresent()) {
                line.addAll(List.of("sudo", "-n", "-u", name, "--"));
            } else {
                String quoted =
                        command.stream()
                                .map(Programs::shellQuoted)
                                .collect(Collectors.joining(" "));
                return List.of("su", "-s", "/bin/sh", name, "-c", "exec " + quoted);
            }
            line.addAll(command);
            return line;
        }
    }

    static boolean isRoot() {
        return new UnixSystem().getUid() == 0;
    }

    /// The account for a data directory: its owner where it exists already.
    static Account forDataDirectory(Path directory) {
        if (!isRoot()) {
            return new Self();
        }
        List<Other> known = known(Path.of("/etc/passwd"));
        Optional<Other> owner =
                ownerOf(directory)
                        .flatMap(uid -> known.stream().filter(a -> a.uid() == uid).findFirst());
        return owner.or(() -> named(known, "postgres"))
                .or(() -> named(known, "nobody"))
                .or(() -> known.stream().findFirst())
                .orElseThrow(() ->
                        new EmbeddedPostgresException(
                                "PostgreSQL does not run as root, and /etc/passwd names no other account"));
    }

    /// The accounts of a passwd file without root.
    static List<Other> known(Path passwd) {
        try (Stream<String> lines = Files.lines(passwd)) {
            return lines.map(line -> line.split(":", -1))
                    .filter(fields ->
                            fields.length >= 4
                                    && fields[2].matches("\\d{1,9}")
                                    && fields[3].matches("\\d{1,9}"))
                    .map(fields ->
                            new Other(
                                    fields[0],
                                    Integer.parseInt(fields[2]),
                                    Integer.parseInt(fields[3])))
                    .filter(account -> account.uid() != 0)
                    .toList();
        } catch (IOException e) {
            throw new EmbeddedPostgresException("Cannot read " + passwd + ": " + e, e);
        }
    }

    private static Optional<Other> named(List<Other> accounts, String name) {
        return accounts.stream().filter(account -> account.name().equals(name)).findFirst();
    }

    private static Optional<Integer> ownerOf(Path directory) {
        try {
            if (Files.isDirectory(directory)
                    && Files.getAttribute(directory, "unix:uid") instanceof Integer uid
                    && uid != 0) {
                return Optional.of(uid);
            }
            return Optional.empty();
        } catch (IOException e) {
            throw new EmbeddedPostgresException(
                    "Cannot read the owner of " + directory + ": " + e, e);
        }
    }

    /// The command line that runs `command` as this account.
    default List<String> commandLine(List<String> command) {
        return switch (this) {
            case Self _ -> command;
            case Other other -> other.prefixed(command);
        };
    }

    /// Gives a directory and all in it to this account.
    default void own(Path path) throws IOException {
        if (!(this instanceof Other(_, int uid, int gid))) {
            return;
        }
        Files.walkFileTree(
                path,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(
                            Path directory, BasicFileAttributes attributes) throws IOException {
                        return visitFile(directory, attributes);
                    }

                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
                        Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }

    /// The first directory on the way to `path` that this account may not enter.
    default Optional<Path> obstacle(Path path) throws IOException {
        if (!(this instanceof Other(_, int uid, int gid))) {
            return Optional.empty();
        }
        for (Path above = path.toAbsolutePath().getParent();
                above != null;
                above = above.getParent()) {
            if (Files.isDirectory(above) && !mayEnter(above, uid, gid)) {
                return Optional.of(above);
            }
        }
        return Optional.empty();
    }

    private static boolean mayEnter(Path directory, int uid, int gid) throws IOException {
        PosixFilePermission needed =
                Files.getAttribute(directory, "unix:uid").equals(uid)
                        ? PosixFilePermission.OWNER_EXECUTE
                        : Files.getAttribute(directory, "unix:gid").equals(gid)
                                ? PosixFilePermission.GROUP_EXECUTE
                                : PosixFilePermission.OTHERS_EXECUTE;
        return Files.getPosixFilePermissions(directory).contains(needed);
    }

    /// Fails when this account cannot reach a directory.
    default void requireReachable(Path path) throws IOException {
        Optional<Path> obstacle = obstacle(path);
        if (obstacle.isPresent() && this instanceof Other(String name, _, _)) {
            String mode =
                    PosixFilePermissions.toString(Files.getPosixFilePermissions(obstacle.get()));
            throw new EmbeddedPostgresException(
                    "PostgreSQL does not run as root, and the account \""
                            + name
                            + "\" cannot reach "
                            + path
                            + ": "
                            + obstacle.get()
                            + " has mode "
                            + mode
                            + ". Choose a directory elsewhere.");
        }
    }
}
