package io.pgtrickle.runtime.api;

import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/// Stream tables of one database.
///
/// Thread-safe. Every operation takes a connection of its own from the data source and gives it back.
public final class StreamTables {
    private final DataSource dataSource;

    private StreamTables(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource);
    }

    /// The stream tables of the database that `dataSource` connects to.
    public static StreamTables on(DataSource dataSource) {
        return new StreamTables(dataSource);
    }

    /// Creates or upgrades the schemas `pgtrickle` and `pgtrickle_changes`. Does nothing when they are current.
    ///
    /// @return the installed schema version
    public String install() {
        throw new IllegalStateException(dataSource.toString());
    }

    /// Removes everything of pg_trickle: stream tables, triggers, buffers, schemas.
    public void uninstall() {
        throw new IllegalStateException();
    }

    /// Creates a stream table and fills it.
    public CreateOutcome create(StreamTableDefinition definition) {
        throw new IllegalStateException(definition.name());
    }

    /// Changes a stream table.
    public CreateOutcome alter(String name, Alteration alteration) {
        throw new IllegalStateException(name + alteration);
    }

    /// Drops a stream table, and with CASCADE the ones that read it.
    public void drop(String name, DropBehavior behavior) {
        throw new IllegalStateException(name + behavior);
    }

    /// Brings a stream table up to date now.
    public RefreshOutcome refresh(String name) {
        throw new IllegalStateException(name);
    }

    /// All stream tables, by name.
    public List<StreamTableStatus> list() {
        throw new IllegalStateException();
    }

    /// One stream table.
    public StreamTableStatus status(String name) {
        throw new IllegalStateException(name);
    }

    /// How a stream table is maintained.
    public Explanation explain(String name) {
        throw new IllegalStateException(name);
    }

    /// How a query would be maintained; creates nothing.
    public Explanation validate(String query) {
        throw new IllegalStateException(query);
    }

    /// The newest entries of a stream table's refresh history, newest first.
    public List<HistoryEntry> history(String name, int limit) {
        throw new IllegalStateException(name + limit);
    }
}
