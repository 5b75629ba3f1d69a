package io.pgtrickle.runtime.api;

import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.runtime.session.Session;
import java.util.List;
import java.util.Objects;
import javax.sql.DataSource;

/// Stream tables of one database.
///
/// Thread-safe. Every operation takes a session of its own from the data source and gives it back.
/// Errors are [PgTrickleException]s; an operation that fails leaves nothing behind.
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
        return JdbcSession.with(dataSource, Installer::install);
    }

    /// Removes everything of pg_trickle: stream tables, triggers, buffers, schemas. Does nothing
    /// when it is not installed.
    public void uninstall() {
        work(session -> {
            Removal.uninstall(session);
            return true;
        });
    }

    /// Creates a stream table and fills it. Writers of the sources wait only while triggers are
    /// installed, not while the stream table is filled.
    public CreateOutcome create(StreamTableDefinition definition) {
        return changing(session -> {
            Creation creation = new Creation(session, engine);
            Creation.Made made = creation.create(definition);
            return new CreateOutcome(StatusReader.byId(session, made.id()), made.warnings());
        });
    }

    /// Changes a stream table.
    public CreateOutcome alter(String name, Alteration alteration) {
        return changing(session -> {
            Creation.Made made = new AlterationRunner(session, engine).alter(name, alteration);
            return new CreateOutcome(StatusReader.byId(session, made.id()), made.warnings());
        });
    }

    /// Drops a stream table, and with CASCADE the ones that read it.
    public void drop(String name, DropBehavior behavior) {
        changing(session -> {
            Removal.drop(session, name, behavior);
            return true;
        });
    }

    /// Brings a stream table up to date now.
    public RefreshOutcome refresh(String name) {
        return changing(session -> {
            StreamTableRow row = StreamTableLookup.find(session, name);
            return engine.refresh(session, row.id(), MANUAL);
        });
    }

    /// Recomputes a stream table, whatever its mode, and applies the difference. Readers are not
    /// blocked.
    public RefreshOutcome recompute(String name) {
        return changing(session -> {
            StreamTableRow row = StreamTableLookup.find(session, name);
            return engine.recompute(session, row.id(), MANUAL);
        });
    }

    /// All stream tables, by name.
    public List<StreamTableStatus> list() {
        return installed(StatusReader::all);
    }

    /// One stream table.
    public StreamTableStatus status(String name) {
        return installed(
                session -> StatusReader.byId(session, StreamTableLookup.find(session, name).id()));
    }

    /// How a stream table is maintained.
    public Explanation explain(String name) {
        return installed(
                session -> Explainer.explain(session, StreamTableLookup.find(session, name)));
    }

    /// How a query would be maintained; creates nothing.
    public Explanation validate(String query) {
        return installed(session -> Explainer.validate(session, query));
    }

    /// The newest entries of a stream table's refresh history, newest first.
    public List<HistoryEntry> history(String name, int limit) {
        return installed(session ->
                StatusReader.history(session, StreamTableLookup.find(session, name).id(), limit));
    }

    private <T> T installed(Session.Work<T> work) {
        return work(session -> {
            Installer.requireInstalled(session);
            return work.on(session);
        });
    }

    /// Work that a hot standby cannot do.
    private <T> T changing(Session.Work<T> work) {
        return installed(session -> {
            if (session.one("SELECT pg_catalog.pg_is_in_recovery()", row -> row.getBoolean(1))) {
                throw PgTrickleException.invalidArgument(
                        "invalid argument: this server is a hot standby",
                        "Stream tables are created, changed and refreshed on the primary.",
                        "Connect to the primary; what it has refreshed comes with its changes.");
            }
            return work.on(session);
        });
    }

    private <T> T work(Session.Work<T> work) {
        return JdbcSession.with(dataSource, work);
    }
}
