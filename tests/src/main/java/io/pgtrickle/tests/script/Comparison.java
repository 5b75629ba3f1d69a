package io.pgtrickle.tests.script;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;

/// Compares a stream table with its query as multisets, in one statement and so in one snapshot.
public final class Comparison {
    private static final Set<String> WITHOUT_EQUALITY =
            Set.of(
                    "json",
                    "xml",
                    "point",
                    "box",
                    "circle",
                    "line",
                    "lseg",
                    "path",
                    "polygon",
                    "refcursor",
                    "pg_node_tree",
                    "gtsvector",
                    "txid_snapshot",
                    "pg_snapshot",
                    "jsonpath",
                    "aclitem");

    private final String table;
    private final String query;
    private final List<String> names;
    private final List<String> casts;

    private Comparison(String table, String query, List<String> names, List<String> casts) {
        this.table = table;
        this.query = query;
        this.names = names;
        this.casts = casts;
    }

    /// Prepares the comparison by looking at the query's columns.
    ///
    /// @param table the stream table, quoted where needed
    /// @param exact the columns, from 1, to compare by image
    public static Comparison of(
            Connection connection, String table, String query, List<Integer> exact)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet rows =
                    statement.executeQuery("SELECT * FROM (" + query + ") AS q LIMIT 0")) {
                ResultSetMetaData columns = rows.getMetaData();
                List<String> names = new ArrayList<>();
                List<String> casts = new ArrayList<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    names.add('"' + columns.getColumnLabel(i).replace("\"", "\"\"") + '"');
                    boolean image =
                            exact.contains(i)
                                    || WITHOUT_EQUALITY.contains(columns.getColumnTypeName(i));
                    casts.add(image ? "::text" : "");
                }
                return new Comparison(table, query, names, casts);
            }
        }
    }

    /// Up to 100 missing and unexpected rows with their counts; empty when there is no difference.
    public Optional<String> difference(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            try (ResultSet rows = statement.executeQuery(sql())) {
                StringJoiner lines = new StringJoiner("\n");
                lines.setEmptyValue("");
                while (rows.next()) {
                    lines.add(
                            rows.getString(1) + " x" + rows.getLong(2) + ": " + rows.getString(3));
                }
                return lines.length() == 0 ? Optional.empty() : Optional.of(lines.toString());
            }
        }
    }

    private String sql() {
        StringJoiner compared = new StringJoiner(", ");
        StringJoiner plain = new StringJoiner(", ");
        for (int i = 0; i < names.size(); i++) {
            compared.add(names.get(i) + casts.get(i) + " AS c" + i);
            plain.add("c" + i);
        }
        // A row value loses its column names this way, so that text() of it is one line.
        return """
        WITH expected AS MATERIALIZED (SELECT %1$s FROM (%2$s) AS q),
             actual AS MATERIALIZED (SELECT %1$s FROM %3$s AS q),
             missing AS (SELECT %4$s FROM expected EXCEPT ALL SELECT %4$s FROM actual),
             unexpected AS (SELECT %4$s FROM actual EXCEPT ALL SELECT %4$s FROM expected)
        (SELECT 'missing', count(*), CAST(ROW(%4$s) AS text) FROM missing GROUP BY 3 LIMIT 100)
        UNION ALL
        (SELECT 'unexpected', count(*), CAST(ROW(%4$s) AS text) FROM unexpected GROUP BY 3 LIMIT 100)
        """
                .formatted(compared, query, table, plain);
    }
}
