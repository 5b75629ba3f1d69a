package io.pgtrickle.cli.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AccountTest {
    @TempDir private Path directory = Path.of("");

    @Test
    void passwdFileIsReadWithoutRootAndWithoutNonsense() throws IOException {
        Path passwd =
                Files.writeString(
                        directory.resolve("passwd"),
                        """
                        root:x:0:0:root:/root:/bin/bash
                        # a comment
                        nobody:x:65534:65533:nobody:/nonexistent:/usr/sbin/nologin
                        odd:x:-2:-2::/:
                        """);
        assertThat(Account.known(passwd))
                .containsExactly(new Account.Other("nobody", 65534, 65533));
    }

    @Test
    void ownUserNeedsNoPrefixAndReachesEverything() throws IOException {
        Account self = new Account.Self();
        assertThat(self.commandLine(List.of("postgres", "-D", "x")))
                .containsExactly("postgres", "-D", "x");
        assertThat(self.obstacle(directory)).isEmpty();
    }

    @Test
    void closedDirectoryAboveIsNamed() throws IOException {
        Path closed = Files.createDirectory(directory.resolve("closed"));
        Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("rwx------"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Account other = new Account.Other("someone", 54_321, 54_321);
        assertThat(other.obstacle(closed.resolve("data"))).contains(closed);
        assertThatExceptionOfType(EmbeddedPostgresException.class)
                .isThrownBy(() -> other.requireReachable(closed.resolve("data")))
                .withMessageContaining("\"someone\" cannot reach")
                .withMessageContaining("rwx------");
    }

    @Test
    void directoriesFollowTheUserAndTheEnvironment() {
        Path home = Path.of("/home/u");
        assertThat(Directories.of(Map.of(), home, false))
                .isEqualTo(
                        new Directories(
                                home.resolve(".local/share/pgtrickle"),
                                home.resolve(".cache/pgtrickle")));
        assertThat(
                        Directories.of(
                                Map.of("XDG_DATA_HOME", "/d", "XDG_CACHE_HOME", "not/absolute"),
                                home,
                                false))
                .isEqualTo(
                        new Directories(Path.of("/d/pgtrickle"), home.resolve(".cache/pgtrickle")));
        assertThat(Directories.of(Map.of(), home, true))
                .isEqualTo(
                        new Directories(
                                Path.of("/var/lib/pgtrickle"), Path.of("/var/cache/pgtrickle")));
        assertThat(Directories.of(Map.of("PGTRICKLE_HOME", "/p"), home, true).dataDirectory(18))
                .isEqualTo(Path.of("/p/data/data-18"));
    }

    @Test
    void platformsHaveTheirArchives() {
        assertThat(Platform.of("Linux", "amd64").archive()).isEqualTo("/postgres-linux-x86_64.txz");
        assertThat(Platform.of("Linux", "aarch64").archive())
                .isEqualTo("/postgres-linux-arm_64.txz");
        assertThat(Platform.of("Mac OS X", "aarch64").archive())
                .isEqualTo("/postgres-darwin-arm_64.txz");
        assertThat(Platform.of("Mac OS X", "x86_64").archive())
                .isEqualTo("/postgres-darwin-x86_64.txz");
        assertThatExceptionOfType(EmbeddedPostgresException.class)
                .isThrownBy(() -> Platform.of("Windows 11", "amd64"))
                .withMessageContaining("--url");
    }

    @Test
    void postmasterFileIsReadWhileItGrows() {
        assertThat(PostmasterFile.parse(List.of())).isEmpty();
        assertThat(PostmasterFile.parse(List.of("half of a pid?"))).isEmpty();
        assertThat(PostmasterFile.parse(List.of("12", "/data")))
                .contains(new PostmasterFile(12, 0, false));
        List<String> whole =
                List.of("12", "/data", "1700000000", "5433", "", "127.0.0.1", "  1  2", "ready   ");
        assertThat(PostmasterFile.parse(whole)).contains(new PostmasterFile(12, 5433, true));
    }

    @Test
    void ownerIsThisVeryProcess() throws IOException {
        Owner current = Owner.current();
        assertThat(current.alive()).isTrue();
        assertThat(new Owner(current.pid(), current.started().minusSeconds(9)).alive()).isFalse();
        Path file = directory.resolve("owner.properties");
        current.write(file, new Properties());
        assertThat(Owner.read(file)).contains(current);
        assertThat(Owner.read(directory.resolve("none"))).isEmpty();
    }

    @Test
    void wordsSurviveTheShell() {
        Programs.Result result =
                Programs.run(
                        List.of("sh", "-c", "printf %s " + Programs.shellQuoted("it's \"$HOME\"")),
                        directory);
        assertThat(result).isEqualTo(new Programs.Result(0, "it's \"$HOME\""));
    }
}
