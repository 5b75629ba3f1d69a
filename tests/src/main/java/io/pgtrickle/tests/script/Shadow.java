package io.pgtrickle.tests.script;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.postgresql.util.PSQLException;

/// A script without the engine: its stream tables are views. Shows whether it is the query itself
/// that fails after a statement.
final class Shadow {
    private Shadow() {}

    /// Why one of the queries has no result after the commands, as the last one's transaction sees
    /// it.
    static Optional<String> error(DataSource pool, String schema, List<Command> commands)
            throws SQLException {
        try (Sessions sessions = new Sessions(pool, schema)) {
            run(sessions, 1, "CREATE SCHEMA " + schema);
            List<String> views = new ArrayList<>();
            int last = 1;
            for (Command command : commands) {
                switch (command) {
                    case Command.Sql(int connection, String text) -> {
                        attempt(sessions, connection, text);
                        last = connection;
                    }
                    case Command.Create create -> {
                        run(sessions, 1, "CREATE VIEW " + create.name() + " AS " + create.query());
                        views.add(create.name());
                    }
                    case Command.Refresh _, Command.Check _ -> {
                        // A view is always fresh.
                    }
                }
            }
            if (Sessions.isAborted(sessions.numbered(last))) {
                return Optional.empty();
            }
            for (String view : views) {
                Optional<String> error =
                        attempt(sessions, last, "SELECT count(q) FROM " + view + " AS q");
                if (error.isPresent()) {
                    return error.map(it -> "the query fails: " + it);
                }
            }
            return Optional.empty();
        } finally {
            try (Sessions sessions = new Sessions(pool, schema)) {
                run(sessions, 1, "DROP SCHEMA IF EXISTS " + schema + " CASCADE");
            }
        }
    }

    private static Optional<String> attempt(Sessions sessions, int connection, String text)
            throws SQLException {
        try {
            run(sessions, connection, text);
            return Optional.empty();
        } catch (PSQLException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static void run(Sessions sessions, int number, String text) throws SQLException {
        Connection connection = sessions.numbered(number);
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(text);
        }
    }
}
