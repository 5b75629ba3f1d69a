package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The examples of SQL_STATUS.md, and that its tables name every function there is to be named.
final class SqlStatusDocTest extends DatabaseTest {
    private static final Path PAGE = Path.of("..", "docs", "SQL_STATUS.md");
    private static final Pattern EXAMPLE =
            Pattern.compile("```sql\n(.*?)```(?:\\s*```text\n(.*?)```)?", Pattern.DOTALL);
    private static final Pattern FUNCTION =
            Pattern.compile("`([a-z_]+)\\([a-z_, ]*\\)`|view `([a-z_]+)`");

    @Test
    void theExamplesGiveWhatIsShown() throws Exception {
        Matcher examples = EXAMPLE.matcher(Files.readString(PAGE));
        int compared = 0;
        try (Session session = database.session()) {
            while (examples.find()) {
                String shown = examples.group(2);
                String result = run(session, examples.group(1));
                if (shown != null) {
                    compared++;
                    assertThat(result).as(examples.group(1)).matches(pattern(shown));
                } else if (compared == 0) {
                    makeStreamTables();
                }
            }
        }
        assertThat(compared).isEqualTo(8);
    }

    private void makeStreamTables() {
        tables.create(
                StreamTableDefinition.of(
                        "totals",
                        "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer"));
        tables.create(
                StreamTableDefinition.of(
                                "named",
                                "SELECT name, total FROM totals JOIN customers ON customers.id = totals.customer")
                        .withSchedule("30s"));
    }

    /// A star as a value stands for any number.
    private static Pattern pattern(String shown) {
        return Pattern.compile(
                Pattern.quote(shown.strip()).replace(" | * | ", " | \\E[0-9]+\\Q | "),
                Pattern.DOTALL);
    }

    private static String run(Session session, String sql) throws SQLException {
        try (Statement statement = session.connection().createStatement()) {
            boolean rows = statement.execute(sql);
            while (!rows && statement.getUpdateCount() >= 0) {
                rows = statement.getMoreResults();
            }
            return rows ? text(statement.getResultSet()) : "";
        }
    }

    private static String text(ResultSet rows) throws SQLException {
        int width = rows.getMetaData().getColumnCount();
        List<String> lines = new ArrayList<>();
        List<String> header = new ArrayList<>();
        for (int i = 1; i <= width; i++) {
            header.add(rows.getMetaData().getColumnName(i));
        }
        lines.add(String.join(" | ", header));
        while (rows.next()) {
            List<String> values = new ArrayList<>();
            for (int i = 1; i <= width; i++) {
                values.add(String.valueOf((Object) rows.getString(i)));
            }
            lines.add(String.join(" | ", values));
        }
        return String.join("\n", lines).strip();
    }

    @Test
    void everythingThatIsNamedExists() throws Exception {
        Matcher names = FUNCTION.matcher(Files.readString(PAGE));
        int named = 0;
        while (names.find()) {
            named++;
            String sql =
                    names.group(1) != null
                            ? "SELECT count(*) FROM pg_proc WHERE pronamespace = 'pgtrickle'::regnamespace AND proname = '"
                                    + names.group(1)
                                    + "'"
                            : "SELECT count(*) FROM pg_views WHERE schemaname = 'pgtrickle' AND viewname = '"
                                    + names.group(2)
                                    + "'";
            assertThat(database.value(sql)).as(names.group()).isEqualTo("1");
        }
        assertThat(named).isGreaterThan(40);
    }
}
