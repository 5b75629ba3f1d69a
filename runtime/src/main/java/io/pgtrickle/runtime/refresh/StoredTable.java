package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.Storage;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

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

    /// Creates the empty table of a stream table, with its access path and what keeps others from
    /// writing to it.
    ///
    /// @param session with the rights of who will own it
    /// @return its OID
    public static long create(
            Session session,
            QualifiedName name,
            Definition definition,
            Optional<Partitioning> partitioning)
            throws SQLException {
        if (partitioning.isPresent()) {
            partitioning.get().create(session, name, definition);
        } else {
            session.execute(definition.query().create(name.quoted()));
        }
        session.execute("ALTER TABLE " + name.quoted() + " ALTER __pgt_row_id SET NOT NULL");
        long relation =
                session.first(
                                "SELECT to_regclass(?)::oid::bigint",
                                row -> row.getLong(1),
                                name.quoted())
                        .orElseThrow();
        session.execute(Storage.createIndex(name.quoted(), "pgt_row_id_" + relation));
        protect(session, name.quoted());
        if (partitioning.isPresent()) {
            Partitioning.protect(session, relation);
        }
        return relation;
    }

    /// Lets nobody but a refresh write to a table. It has no key of its own; so it can be
    /// published, with updates and deletes.
    static void protect(Session owner, String table) throws SQLException {
        owner.execute("ALTER TABLE " + table + " REPLICA IDENTITY FULL");
        owner.execute(
                "CREATE TRIGGER pgt_dml_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON "
                        + table
                        + " FOR EACH STATEMENT EXECUTE FUNCTION pgtrickle.guard()");
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
