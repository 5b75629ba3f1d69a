package io.pgtrickle.tests.script;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/// All columns of a stream table as they were, hidden ones as well.
///
/// @param table its name, quoted
/// @param copy the table that has them, quoted
record Contents(Sessions sessions, String table, String copy) {
    /// Types with values that are equal and look different. Which of them a group shows depends on
    /// its history.
    private static final String COLUMNS =
            """
            SELECT string_agg(CASE WHEN t.typname IN ('numeric', '_numeric', 'jsonb', 'interval', 'bpchar', 'float4', 'float8', 'numrange')
                OR NOT coalesce(c.collisdeterministic, true) THEN format('%I', a.attname) ELSE format('%I::text', a.attname) END, ', ')
            FROM pg_attribute a JOIN pg_type d ON d.oid = a.atttypid JOIN pg_type t ON t.oid = coalesce(nullif(d.typbasetype, 0), d.oid)
            LEFT JOIN pg_collation c ON c.oid = a.attcollation
            WHERE a.attrelid = to_regclass(?) AND a.attnum > 0 AND NOT a.attisdropped
            """;

    /// Copies them into a new table, which is left behind.
    static Contents of(Sessions sessions, String table, String copy) throws SQLException {
        Contents contents = new Contents(sessions, table, copy);
        contents.execute("CREATE TABLE " + copy + " AS TABLE " + table);
        return contents;
    }

    /// Whether the table has the same rows again, where values that are equal count as the same.
    boolean areBack() throws SQLException {
        String columns = columns();
        String before = "SELECT " + columns + " FROM " + copy;
        String after = "SELECT " + columns + " FROM " + table;
        return value(
                        "SELECT count(*) FROM ((("
                                + before
                                + ") EXCEPT ALL ("
                                + after
                                + ")) UNION ALL (("
                                + after
                                + ") EXCEPT ALL ("
                                + before
                                + "))) AS d")
                .equals("0");
    }

    private String columns() throws SQLException {
        try (Connection connection = sessions.checkout();
                PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, table);
            return first(statement.executeQuery());
        }
    }

    private void execute(String sql) throws SQLException {
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private String value(String sql) throws SQLException {
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement()) {
            return first(statement.executeQuery(sql));
        }
    }

    private static String first(ResultSet rows) throws SQLException {
        try (rows) {
            rows.next();
            return rows.getString(1);
        }
    }
}
