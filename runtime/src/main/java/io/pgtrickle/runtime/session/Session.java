package io.pgtrickle.runtime.session;

import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A database session in which the engine works: a connection of its own, or the session of a user
/// who calls a function of the SQL API.
///
/// The same statements run in both, so there is one way to create, refresh, alter and drop. Not
/// thread-safe. Errors are [SQLException]s with PostgreSQL's SQLSTATE.
public interface Session {

    /// Reads one row.
    @FunctionalInterface
    interface RowReader<T> {
        /// Reads the row.
        T read(Row row) throws SQLException;
    }

    /// Work in a session.
    @FunctionalInterface
    interface Work<T extends @Nullable Object> {
        /// Does the work.
        T on(Session session) throws SQLException;
    }

    /// How much of other transactions a transaction sees.
    enum Isolation {
        /// Each statement has a snapshot of its own.
        READ_COMMITTED,
        /// All statements have the snapshot of the first.
        REPEATABLE_READ
    }

    /// An array as a parameter.
    ///
    /// @param type its elements' type
    /// @param elements texts or whole numbers
    record ArrayOf(String type, List<?> elements) {
        public ArrayOf {
            elements = List.copyOf(elements);
        }
    }

    /// Whose transactions the session's work runs in.
    enum Ownership {
        /// The engine begins, commits and repeats transactions as it needs them.
        OWN,
        /// Everything runs in one transaction of the caller, who commits or rolls back.
        CALLER
    }

    /// Who calls a function of the SQL API.
    ///
    /// @param path the schemas in which the caller's unqualified names are looked up
    /// @param role the OID of the calling role
    /// @param acts whose rights what it creates has, and who owns it: its own, or those of the role
    ///   that installed pg_trickle when it has these anyway
    record Caller(long role, Rights acts, List<String> path) {
        public Caller {
            path = List.copyOf(path);
        }
    }

    /// Whose transactions they are.
    Ownership ownership();

    /// Who calls; empty when the session has a connection of its own.
    Optional<Caller> caller();

    /// The schemas in which the user's unqualified names are looked up.
    List<String> searchPath() throws SQLException;

    /// The same session with the rights of somebody else: for every statement that may execute what
    /// that role has written. Transactions stay those of this session.
    Session as(Rights rights);

    /// The session with its own rights.
    Session engine();

    /// Whether its statements have its own rights, and not a role's.
    default boolean hasOwnRights() {
        return true;
    }

    /// The session with the rights of who asked.
    default Session asCaller() {
        return as(caller().map(Caller::acts).orElse(Rights.OWN));
    }

    /// Whether all statements of a transaction that asked for [Isolation#REPEATABLE_READ] have one
    /// snapshot. In a caller's transaction that is the caller's choice.
    boolean keepsSnapshot();

    /// Executes statements as they stand, one after the other: no parameters, no JDBC escapes,
    /// question marks are operators.
    void executeAll(List<String> statements) throws SQLException;

    /// Executes a statement as it stands.
    default void execute(String sql) throws SQLException {
        executeAll(List.of(sql));
    }

    /// The only row of a statement as it stands.
    <T> T one(String sql, RowReader<T> reader) throws SQLException;

    /// The only row of a large statement as it stands, which is parsed and planned once where the
    /// session can keep it.
    <T> T prepared(String sql, RowReader<T> reader) throws SQLException;

    /// All rows of a SELECT with parameters.
    <T> List<T> query(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException;

    /// The first row of a SELECT with parameters.
    default <T> Optional<T> first(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException {
        return query(sql, reader, parameters).stream().findFirst();
    }

    /// All rows of a SELECT with parameters in which names are resolved as the user would, by the
    /// user's search path; so all that are not the user's must be qualified. Other statements do
    /// not depend on that path.
    <T> List<T> queryByUsersNames(String sql, RowReader<T> reader, @Nullable Object... parameters)
            throws SQLException;

    /// Executes a statement with parameters.
    ///
    /// @return the number of rows changed
    int update(String sql, @Nullable Object... parameters) throws SQLException;

    /// Runs work in a transaction; rolls back when it throws.
    default <T extends @Nullable Object> T inTransaction(Isolation isolation, Work<T> work)
            throws SQLException {
        return inTransaction(isolation, List.of(), work);
    }

    /// Runs work in a transaction that begins with `settings`, SET LOCAL and LOCK commands; rolls
    /// back when it throws. In a caller's transaction it is a part of that, rolled back alone, and
    /// the isolation is the caller's; settings end with it.
    <T extends @Nullable Object> T inTransaction(
            Isolation isolation, List<String> settings, Work<T> work) throws SQLException;
}
