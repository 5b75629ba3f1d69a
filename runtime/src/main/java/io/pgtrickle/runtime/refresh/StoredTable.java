package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// The columns that a stream table's storage has.
///
/// @param columns in their order
public record StoredTable(List<Column> columns) {
    public StoredTable {
        columns = List.copyOf(columns);
    }

    /// A column as it is stored.
    public record Column(String name, String type) {
        @Override
        public String toString() {
            return name + " " + type;
        }
    }

    /// The columns as they are.
    public static StoredTable of(Session session, StreamTableRow row) throws SQLException {
        return new StoredTable(
                session.query(
                        "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid ="
                                + " CAST(? AS bigint)::oid AND a.attnum > 1 AND NOT a.attisdropped ORDER BY a.attnum",
                        it -> new Column(it.getString(1), it.getString(2)),
                        row.relation()));
    }

    private static List<Column> wanted(Definition definition) {
        return definition.query().storage().columns().stream()
                .map(it -> new Column(it.name(), it.type().sqlName()))
                .toList();
    }

    /// The columns that are the user's.
    List<Column> visible() {
        return visible(columns);
    }

    /// The columns of a definition that are the user's.
    static List<Column> visible(Definition definition) {
        return visible(wanted(definition));
    }

    private static List<Column> visible(List<Column> columns) {
        return columns.stream().filter(it -> CompiledQuery.isVisible(it.name())).toList();
    }

    /// Whether the columns are those of a definition.
    public boolean isThatOf(Definition definition) {
        return columns.equals(wanted(definition));
    }

    /// Whether the user's columns are those of a definition.
    public boolean hasVisibleColumnsOf(Definition definition) {
        return visible().equals(visible(definition));
    }

    /// Makes the hidden columns those of a definition; the visible ones are. They must be filled
    /// then.
    ///
    /// @return whether there was something to adapt
    public boolean adapt(Session session, StreamTableRow row, Definition definition)
            throws SQLException {
        List<Column> wanted = wanted(definition);
        String alter = "ALTER TABLE " + row.table() + " ";
        Session owner = session.as(row.owner());
        for (Column column : columns) {
            if (!wanted.contains(column)) {
                owner.execute(alter + "DROP COLUMN " + Identifier.quote(column.name()));
            }
        }
        for (Column column : wanted) {
            if (!columns.contains(column)) {
                owner.execute(
                        alter
                                + "ADD COLUMN "
                                + Identifier.quote(column.name())
                                + " "
                                + column.type());
            }
        }
        return !columns.equals(wanted);
    }
}
