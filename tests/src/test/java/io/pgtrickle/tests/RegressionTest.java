package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.script.Outcome;
import io.pgtrickle.tests.script.Script;
import io.pgtrickle.tests.script.ScriptRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the oracle once found, and what must never come back: the scripts of
/// `src/test/resources/regressions`.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RegressionTest {
    private static final Path SCRIPTS = Path.of("src", "test", "resources", "regressions");

    private final ScriptRunner runner = new ScriptRunner(TestServer.shared());

    @BeforeAll
    void thereAreScripts() throws IOException {
        assertThat(scripts()).isNotEmpty();
    }

    @AfterAll
    void close() {
        runner.close();
    }

    static List<Path> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.filter(it -> it.toString().endsWith(".sql")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void aScriptPasses(Path file) throws IOException {
        Script script = Script.parse(Files.readString(file));
        assertThat(runner.run(script)).isInstanceOf(Outcome.Passed.class);
    }

    @Test
    void theTextOfAScriptIsReadBackAsItIs() throws IOException {
        for (Path file : scripts()) {
            Script script = Script.parse(Files.readString(file));
            assertThat(Script.parse(script.text())).isEqualTo(script);
        }
    }
}
