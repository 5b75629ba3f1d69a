package io.pgtrickle.runtime.refresh;

import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.Identifier;
import io.pgtrickle.compiler.emit.StoredColumn;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// How the storage of a stream table is divided into partitions.
///
/// With RANGE and LIST it begins with a default partition, and its owner adds others; with HASH all
/// are made at once.
///
/// @param columns those of the key; one for LIST and HASH
/// @param partitions how many there are at first
public record Partitioning(Method method, List<String> columns, int partitions) {
    private static final int STANDARD = 4;
    private static final int LEAST = 2;
    private static final int MOST = 256;

    public Partitioning {
        columns = List.copyOf(columns);
    }

    /// By what PostgreSQL finds a row's partition.
    public enum Method {
        RANGE,
        LIST,
        HASH
    }

    /// Reads `col[, col...]`, `LIST:col` or `HASH:col[:partitions]`; empty text for none.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023 for anything else
    public static Optional<Partitioning> parse(String text) {
        if (text.isBlank()) {
            return Optional.empty();
        }
        Partitioning partitioning = read(text, names(text, ":"));
        if (partitioning.columns.stream().anyMatch(String::isEmpty)) {
            throw unreadable(text);
        }
        return Optional.of(partitioning);
    }

    private static Partitioning read(String text, List<String> parts) {
        if (parts.size() == 1) {
            return new Partitioning(Method.RANGE, names(text, ","), 1);
        }
        List<String> column = List.of(parts.get(1));
        String method = parts.getFirst().toUpperCase(Locale.ROOT);
        if (method.equals("LIST") && parts.size() == 2) {
            return new Partitioning(Method.LIST, column, 1);
        }
        if (method.equals("HASH") && parts.size() <= 3) {
            int partitions = parts.size() == 2 ? STANDARD : number(text, parts.get(2));
            return new Partitioning(Method.HASH, column, partitions);
        }
        throw unreadable(text);
    }

    private static List<String> names(String text, String separator) {
        return Arrays.stream(text.split(separator, -1)).map(String::strip).toList();
    }

    private static int number(String text, String digits) {
        int number = digits.matches("[0-9]{1,3}") ? Integer.parseInt(digits) : 0;
        if (number < LEAST || number > MOST) {
            throw invalid(
                    text,
                    "There can be " + LEAST + " to " + MOST + " partitions.",
                    "Leave the number out for " + STANDARD + ".");
        }
        return number;
    }

    private static PgTrickleException unreadable(String text) {
        return invalid(
                text,
                "It says no key.",
                "Use 'col' or 'col,col' for ranges, 'LIST:col', or 'HASH:col:4', with columns of the query.");
    }

    private static PgTrickleException invalid(String text, String detail, String hint) {
        return PgTrickleException.invalidArgument(
                "invalid argument: partition_by \"" + text + "\"", detail, hint);
    }

    /// What [#parse] reads.
    public String text() {
        return switch (method) {
            case RANGE -> String.join(",", columns);
            case LIST -> "LIST:" + columns.getFirst();
            case HASH -> "HASH:" + columns.getFirst() + ":" + partitions;
        };
    }

    /// That of a stream table.
    public static Optional<Partitioning> of(StreamTableRow row) {
        return row.partitioning().flatMap(Partitioning::parse);
    }

    /// Fails when a column of the key is none of the query's.
    ///
    /// @throws PgTrickleException with SQLSTATE 22023
    public void requireColumns(Definition definition) {
        List<String> results =
                definition.query().storage().results().stream().map(StoredColumn::name).toList();
        for (String column : columns) {
            if (!results.contains(column)) {
                throw invalid(
                        text(),
                        "The query has no column \"" + column + "\".",
                        "It has: " + String.join(", ", results) + ".");
            }
        }
    }

    /// Creates the empty table with its first partitions.
    ///
    /// @param session with the rights of who will own them
    void create(Session session, QualifiedName name, Definition definition) throws SQLException {
        // CREATE TABLE AS makes no partitioned table, and the types of the columns are the query's.
        String shape =
                Identifier.quote(
                        name.schema(), Identifier.fitting("__pgt_shape_" + name.name(), ""));
        session.execute(definition.query().create(shape));
        session.execute(
                "CREATE TABLE "
                        + name.quoted()
                        + " (LIKE "
                        + shape
                        + ") PARTITION BY "
                        + method
                        + " ("
                        + columns.stream().map(Identifier::quote).collect(Collectors.joining(", "))
                        + ")");
        session.execute("DROP TABLE " + shape);
        for (String partition : first(name)) {
            session.execute(
                    "CREATE TABLE "
                            + partition
                            + " WITH (fillfactor = "
                            + CompiledQuery.FILLFACTOR
                            + ")");
        }
    }

    private List<String> first(QualifiedName name) {
        if (method != Method.HASH) {
            return List.of(partition(name, "_default", "DEFAULT"));
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            all.add(
                    partition(
                            name,
                            "_p" + i,
                            "FOR VALUES WITH (MODULUS " + partitions + ", REMAINDER " + i + ")"));
        }
        return all;
    }

    private static String partition(QualifiedName name, String suffix, String bounds) {
        return Identifier.quote(name.schema(), Identifier.fitting(name.name(), suffix))
                + " PARTITION OF "
                + name.quoted()
                + " "
                + bounds;
    }

    /// Gives the partitions of a stream table what it has itself: nobody but a refresh may write to
    /// them, and they can be published. Its owner adds partitions as to any table; those of
    /// somebody else are left as they are.
    ///
    /// @param owner with the owner's rights
    static void protect(Session owner, long relation) throws SQLException {
        List<String> bare =
                owner.query(
                        """
                        SELECT format('%I.%I', n.nspname, c.relname)
                        FROM pg_partition_tree(CAST(CAST(? AS bigint) AS regclass)) p
                        JOIN pg_class c ON c.oid = p.relid JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE p.level > 0 AND c.relkind IN ('r', 'p') AND pg_has_role(c.relowner, 'USAGE')
                          AND NOT EXISTS (
                              SELECT FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgname = 'pgt_dml_guard')
                        ORDER BY c.oid
                        """,
                        row -> row.getString(1), relation);
        for (String partition : bare) {
            StoredTable.protect(owner, partition);
        }
    }

    /// What to say when rows lie in the default partition: with them in it PostgreSQL cannot add
    /// the partition that they belong to.
    public static Optional<String> warning(Session session, StreamTableRow row)
            throws SQLException {
        if (of(row).filter(it -> it.method != Method.HASH).isEmpty()) {
            return Optional.empty();
        }
        Session owner = session.as(row.owner());
        Optional<String> partition =
                owner.first(
                        "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_partitioned_table p"
                                + " JOIN pg_class c ON c.oid = p.partdefid JOIN pg_namespace n ON n.oid = c.relnamespace"
                                + " WHERE p.partrelid = CAST(? AS bigint)::oid AND has_table_privilege(c.oid, 'SELECT')",
                        it -> it.getString(1), row.relation());
        return partition.isPresent()
                        && owner.one(
                                "SELECT EXISTS (SELECT FROM " + partition.get() + ")",
                                it -> it.getBoolean(1))
                ? partition.map(it ->
                        "default partition " + it + " of stream table " + row.table() + " has rows")
                : Optional.empty();
    }
}
