package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.cli.command.Commands;
import io.pgtrickle.cli.command.Session;
import io.pgtrickle.cli.connect.TargetFinder;
import io.pgtrickle.server.Service;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The README's session, pasted.
final class ReadmeTest extends DatabaseTest {
    private static final Pattern BLOCK = Pattern.compile("```(sql|sh)\n(.*?)```", Pattern.DOTALL);
    private static final Path README = Path.of("..", "README.md");

    @Test
    void theSessionWorksAsItStands() throws Exception {
        Service.Config config = new Service.Config(database.url(), "", "", 2);
        database.execute("CREATE EXTENSION dblink");
        try (Service service = Service.start(config)) {
            assertThat(service.awaitLeadership(Duration.ofSeconds(30))).isTrue();
            Matcher blocks = BLOCK.matcher(Files.readString(README));
            int commands = 0;
            while (blocks.find()) {
                if (blocks.group(1).equals("sql")) {
                    database.execute(blocks.group(2));
                } else {
                    commands += shell(blocks.group(2));
                }
            }
            assertThat(commands).isEqualTo(3);
            await(
                    "order_totals follows orders",
                    () ->
                            database.query(
                                            "SELECT customer_id, total, orders FROM order_totals ORDER BY 1")
                                    .equals(
                                            List.of(
                                                    List.of("1", "17.50", "2"),
                                                    List.of("2", "107.00", "2"))));
        }
    }

    private int shell(String block) throws Exception {
        List<String> lines = block.replace("\\\n", " ").strip().lines().toList();
        for (String line : lines) {
            StringWriter out = new StringWriter();
            StringWriter err = new StringWriter();
            Session session =
                    new Session(
                            new PrintWriter(out),
                            new PrintWriter(err),
                            InputStream.nullInputStream(),
                            new TargetFinder(
                                    Map.of("PGTRICKLE_URL", database.url()), List::of, "nobody"));
            int exitCode = Commands.commandLine(session).execute(words(line));
            assertThat(exitCode).as(line + "\n" + err).isZero();
            assertThat(out.toString()).as(line).isNotBlank();
        }
        return lines.size();
    }

    /// The arguments of a command, split by the shell itself.
    private static String[] words(String line) throws Exception {
        assertThat(line).startsWith("./pgtrickle ");
        String split = "printf '%s\\0' " + line.substring("./pgtrickle ".length());
        Process process = new ProcessBuilder("bash", "-c", split).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return Arrays.stream(output.split("\0", -1))
                .filter(word -> !word.isEmpty())
                .toArray(String[]::new);
    }
}
