package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// The scripts in the documentation, statement by statement.
final class SqlReferenceTest {
    private static final String REFERENCE = "SQL_REFERENCE.md";
    private static final Pattern EXAMPLE =
            Pattern.compile("```sql\n(.*?)```(?:\\s*```text\n(.*?)```)?", Pattern.DOTALL);

    private static final Pattern END = Pattern.compile(";\\s*(?:\n|$)");

    @ParameterizedTest
    @CsvSource({REFERENCE + ", 60", "SCHEDULING.md, 9", "CYCLES.md, 16", "HIGH_AVAILABILITY.md, 6"})
    void theScriptGivesWhatIsShown(String page, int statements) throws Exception {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            assertThat(runAll(page, session)).isGreaterThanOrEqualTo(statements);
        }
    }

    /// Each transaction may have another server connection, with what others have left on it.
    @Test
    void itPassesThroughAPoolerInTransactionMode() throws Exception {
        Optional<Path> program = PgBouncer.program();
        assumeTrue(
                program.isPresent(),
                "pgbouncer is not installed; docs/TESTING.md says how to get it");
        try (ApiDatabase database = ApiDatabase.create();
                PgBouncer bouncer =
                        PgBouncer.start(program.get(), database.url(), database.owner());
                Connection connection = DriverManager.getConnection(bouncer.url(database.url()));
                Session session = new Session(connection)) {
            assertThat(runAll(REFERENCE, session)).isGreaterThanOrEqualTo(60);
        }
    }

    private static int runAll(String page, Session session) throws Exception {
        Matcher examples = EXAMPLE.matcher(Files.readString(Path.of("..", "docs", page)));
        int statements = 0;
        while (examples.find()) {
            String result = "";
            for (String statement : statements(examples.group(1))) {
                statements++;
                result = run(session, statement);
            }
            String shown = examples.group(2);
            assertThat(result)
                    .as(examples.group(1))
                    .satisfies(it -> {
                        if (shown != null) {
                            assertThat(it).isEqualTo(shown.stripTrailing());
                        } else {
                            assertThat(it).doesNotStartWith("ERROR");
                        }
                    });
        }
        return statements;
    }

    private static List<String> statements(String script) {
        return END.splitAsStream(script).filter(it -> !it.isBlank()).toList();
    }

    private static String run(Session session, String sql) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            return statement.execute(sql) ? text(statement.getResultSet()) : "";
        } catch (PSQLException e) {
            ServerErrorMessage error = Objects.requireNonNull(e.getServerErrorMessage());
            return "ERROR: " + error.getSQLState() + ": " + error.getMessage();
        }
    }

    private static String text(ResultSet rows) throws SQLException {
        int width = rows.getMetaData().getColumnCount();
        List<String> lines = new ArrayList<>();
        List<String> line = new ArrayList<>();
        for (int i = 1; i <= width; i++) {
            line.add(rows.getMetaData().getColumnName(i));
        }
        lines.add(String.join(" | ", line));
        while (rows.next()) {
            line.clear();
            for (int i = 1; i <= width; i++) {
                line.add(String.valueOf((Object) rows.getString(i)));
            }
            lines.add(String.join(" | ", line));
        }
        return String.join("\n", lines).stripTrailing();
    }
}
