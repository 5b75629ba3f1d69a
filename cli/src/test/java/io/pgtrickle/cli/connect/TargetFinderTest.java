package io.pgtrickle.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgtrickle.cli.embedded.Owner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.ds.PGSimpleDataSource;

class TargetFinderTest {
    private static Target find(String url) {
        return new TargetFinder(Map.of(), List::of, "me").find(Optional.of(url));
    }

    private static Target find(Map<String, String> environment, String... running) {
        return new TargetFinder(environment, () -> List.of(running), "me").find(Optional.empty());
    }

    @Test
    void severalAreGivenOneByOneOrInTheVariable() {
        TargetFinder finder =
                new TargetFinder(
                        Map.of("PGTRICKLE_URL", " postgresql://h/a\n\tpostgresql://u@h:7/b "),
                        List::of,
                        "me");
        assertThat(finder.findAll(List.of()))
                .extracting(Target::jdbcUrl)
                .containsExactly("jdbc:postgresql://h:5432/a", "jdbc:postgresql://h:7/b");
        assertThat(finder.findAll(List.of("postgresql://h/c", "postgresql://h/d")))
                .extracting(Target::database)
                .containsExactly("c", "d");
        assertThat(new TargetFinder(Map.of("PGDATABASE", "e"), List::of, "me").findAll(List.of()))
                .extracting(Target::database)
                .containsExactly("e");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgresql://u@h:5433/db | jdbc:postgresql://h:5433/db | u",
                "postgres://u@h/db | jdbc:postgresql://h:5432/db | u",
                "jdbc:postgresql://h:5433/db?user=u | jdbc:postgresql://h:5433/db | u",
                "JDBC:postgresql://h/db | jdbc:postgresql://h:5432/db | me",
                "jdbc:postgresql:db | jdbc:postgresql://localhost:5432/db | me",
                "jdbc:postgresql:/ | jdbc:postgresql://localhost:5432/me | me",
                "postgresql:// | jdbc:postgresql://localhost:5432/me | me",
                "postgresql://h | jdbc:postgresql://h:5432/me | me",
                "postgresql://u@/db | jdbc:postgresql://localhost:5432/db | u",
                "postgresql:///db?host=h&port=7 | jdbc:postgresql://h:7/db | me",
                "postgresql://a:1,b/db?target_session_attrs=read-write"
                        + " | jdbc:postgresql://a:1,b:5432/db?targetServerType=primary | me",
                "postgresql://u@[::1]:5433/db | jdbc:postgresql://[::1]:5433/db | u",
                "postgresql://u@[::1]/db | jdbc:postgresql://[::1]:5432/db | u",
                "postgresql://u%40x@h/my%20db%2F1 | jdbc:postgresql://h:5432/my%20db%2F1 | u@x",
                "postgresql://h/a+b?sslmode=require&connect_timeout=3"
                        + " | jdbc:postgresql://h:5432/a%2Bb?sslmode=require&connectTimeout=3 | me",
            })
    void urlsOfBothKindsAreRead(String url, String jdbcUrl, String user) {
        Target target = find(url);
        assertThat(target.jdbcUrl()).isEqualTo(jdbcUrl);
        assertThat(target.user()).isEqualTo(user);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "postgresql://u:s3cret@h/db | s3cret",
                "postgresql://u:a%3Ab%40c@h/db | a:b@c",
                "postgresql://u:p:q@h/db | p:q",
                "jdbc:postgresql://h/db?user=u&password=a%26b | a&b",
            })
    void passwordIsReadAndNeverShown(String url, String password) {
        Target target = find(url);
        assertThat(target.password()).contains(password);
        assertThat(target.toString()).doesNotContain(password);
        assertThat(target.jdbcUrl()).doesNotContain("password");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mysql://h/db | neither",
                "db | neither",
                "jdbc:postgres://h/db | neither",
                "postgresql:db | // is missing",
                "postgresql://h:port/db | not a number",
                "postgresql://h:0/db | not a number",
                "postgresql://h:99999/db | not a number",
                "postgresql://h/db%2 | hexadecimal",
                "postgresql://h/db?sslmode | has no value",
                "postgresql:///db?host=/var/run/postgresql | Unix socket",
            })
    void badUrlsAreRefusedWithTheReason(String url, String reason) {
        assertThatExceptionOfType(InvalidUrlException.class)
                .isThrownBy(() -> find(url))
                .withMessageContaining("--url")
                .withMessageContaining(reason);
    }

    @Test
    void variablesCompleteTheUrl() {
        Map<String, String> environment =
                Map.of(
                        "PGUSER",
                        "eu",
                        "PGPASSWORD",
                        "ep",
                        "PGDATABASE",
                        "ed",
                        "PGPORT",
                        "7",
                        "PGSSLMODE",
                        "prefer");
        Target target =
                new TargetFinder(environment, List::of, "me")
                        .find(Optional.of("postgresql://uu@h"));
        assertThat(target)
                .isEqualTo(
                        new Target(
                                "h:7", "ed", "uu", Optional.of("ep"), Map.of("sslmode", "prefer")));
    }

    @Test
    void variablesAloneAreEnough() {
        assertThat(find(Map.of("PGDATABASE", "ed"), "postgresql://dev/x").jdbcUrl())
                .isEqualTo("jdbc:postgresql://localhost:5432/ed");
        assertThat(find(Map.of("PGHOST", "a,b")).hosts()).isEqualTo("a:5432,b:5432");
        assertThat(find(Map.of("PGTRICKLE_URL", "postgresql://t/tdb", "PGHOST", "other")).hosts())
                .isEqualTo("t:5432");
        assertThat(find(Map.of("PGHOST", "::1")).hosts()).isEqualTo("[::1]:5432");
    }

    @Test
    void runningDevInstanceIsTakenWhenItIsTheOnlyOne() {
        assertThat(find(Map.of(), "jdbc:postgresql://127.0.0.1:9/pgtrickle?user=postgres").hosts())
                .isEqualTo("127.0.0.1:9");
        assertThatExceptionOfType(InvalidUrlException.class)
                .isThrownBy(() -> find(Map.of()))
                .withMessageContaining("no database given");
        assertThatExceptionOfType(InvalidUrlException.class)
                .isThrownBy(() -> find(Map.of(), "postgresql://a/x", "postgresql://b/x"))
                .withMessageContaining("several pgtrickle dev instances")
                .withMessageContaining("postgresql://b/x");
    }

    @Test
    void driverUnderstandsTheUrl() throws SQLException {
        Target target = find("postgresql://u:p%26@h:5433/d%C3%A4ta%20%26?sslmode=disable");
        PGSimpleDataSource source = target.dataSource().unwrap(PGSimpleDataSource.class);
        assertThat(source.getDatabaseName()).isEqualTo("däta &");
        assertThat(source.getPassword()).isEqualTo("p&");
        assertThat(source.getSslMode()).isEqualTo("disable");
        assertThat(source.getApplicationName()).isEqualTo("pgtrickle");
    }

    @Test
    void announcedInstanceIsFoundWhileItsProcessLives(@TempDir Path directory) throws IOException {
        Path none = directory.resolve("none");
        DevInstances instances = new DevInstances(directory, none);
        assertThat(new DevInstances(none, none).running()).isEmpty();
        Path file = instances.announce("postgresql://h/x");
        Properties dead = new Properties();
        dead.setProperty("url", "postgresql://gone/x");
        new Owner(Integer.MAX_VALUE, Owner.current().started())
                .write(directory.resolve("dev-1.properties"), dead);
        assertThat(instances.running()).containsExactly("postgresql://h/x");
        assertThat(new DevInstances(none, directory).running()).containsExactly("postgresql://h/x");
        instances.announce("postgresql://h/x");
        assertThat(directory).isDirectoryNotContaining("glob:**dev-1.properties");
        Files.delete(file);
        assertThat(instances.running()).isEmpty();
    }
}
