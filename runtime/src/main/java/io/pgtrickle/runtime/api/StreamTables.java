package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/// Stream tables of one database.
///
/// Thread-safe. Every operation takes a connection of its own from the data source and gives it
/// back. Errors are [PgTrickleException]s; an operation that fails leaves nothing behind.
public final class StreamTables {
    private static final String MANUAL = "MANUAL";

    private final DataSource dataSource;
    private final RefreshEngine engine = new RefreshEngine();

    private StreamTables(DataSource dataSource) {
        this.dataSource = Objects.requireNonNull(dataSource);
    }

    /// The stream tables of the database that `dataSource` connects to.
    public static StreamTables on(DataSource dataSource) {
        return new StreamTables(dataSource);
    }

    /// Creates or upgrades the schemas `pgtrickle` and `pgtrickle_changes`. Does nothing when they
    /// are current.
    ///
    /// @return the installed schema version
    public String install() {
        return Sql.with(dataSource, Installer::install);
    }

    /// Removes everything of pg_trickle: stream tables, triggers, buffers, schemas. Does nothing
    /// when it is not installed.
    public void uninstall() {
        work(connection -> {
            Removal.uninstall(connection);
            return true;
        });
    }

    /// Creates a stream table and fills it. Writers of the sources wait only while triggers are
    /// installed, not while the stream table is filled.
    public CreateOutcome create(StreamTableDefinition definition) {
        return installed(connection -> {
            Creation creation = new Creation(connection, engine);
            Creation.Made made = creation.create(definition);
            return new CreateOutcome(StatusReader.byId(connection, made.id()), made.warnings());
        });
    }

    /// Changes a stream table.
    public CreateOutcome alter(String name, Alteration alteration) {
        return installed(connection -> {
            Creation.Made made = new AlterationRunner(connection, engine).alter(name, alteration);
            return new CreateOutcome(StatusReader.byId(connection, made.id()), made.warnings());
        });
    }

    /// Drops a stream table, and with CASCADE the ones that read it.
    public void drop(String name, DropBehavior behavior) {
        installed(connection -> {
            Removal.drop(connection, name, behavior);
            return true;
        });
    }

    /// Brings a stream table up to date now.
    public RefreshOutcome refresh(String name) {
        return installed(connection -> {
            StreamTableRow row = StreamTableLookup.find(connection, name);
            return engine.refresh(connection, row.id(), MANUAL);
        });
    }

    /// Recomputes a stream table, whatever its mode, and applies the difference. Readers are not
    /// blocked.
    public RefreshOutcome recompute(String name) {
        return installed(connection -> {
            StreamTableRow row = StreamTableLookup.find(connection, name);
            return engine.recompute(connection, row.id(), MANUAL);
        });
    }

    /// All stream tables, by name.
    public List<StreamTableStatus> list() {
        return installed(StatusReader::all);
    }

    /// One stream table.
    public StreamTableStatus status(String name) {
        return installed(connection ->
                StatusReader.byId(connection, StreamTableLookup.find(connection, name).id()));
    }

    /// How a stream table is maintained.
    public Explanation explain(String name) {
        return installed(connection ->
                Explainer.explain(connection, StreamTableLookup.find(connection, name)));
    }

    /// How a query would be maintained; creates nothing.
    public Explanation validate(String query) {
        return installed(connection -> Explainer.validate(connection, query));
    }

    /// The newest entries of a stream table's refresh history, newest first.
    public List<HistoryEntry> history(String name, int limit) {
        return installed(connection ->
                StatusReader.history(
                        connection, StreamTableLookup.find(connection, name).id(), limit));
    }

    private <T> T installed(Sql.Work<T> work) {
        return work(connection -> {
            Installer.requireInstalled(connection);
            return work.on(connection);
        });
    }

    private <T> T work(Sql.Work<T> work) {
        return Sql.with(dataSource, work);
    }
}
