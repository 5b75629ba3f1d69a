package io.pgtrickle.tests.script;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTableStatus;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// One run of one script. One thread.
final class ScriptRun {
    private static final long LARGE = 4000;

    /// Stands among the modes of a stream table that is partitioned.
    private static final String DIVIDED = "divided";

    private final DataSource pool;
    private final String schema;
    private final ScriptRunner.Tampering tampering;
    private final Sessions sessions;
    private final StreamTables streamTables;
    private final Map<String, Comparison> created = new LinkedHashMap<>();
    private final Map<String, String> queries = new LinkedHashMap<>();
    private final Map<String, List<Integer>> exact = new LinkedHashMap<>();
    private final Map<String, Outcome.Effective> modes = new LinkedHashMap<>();
    private final Set<String> immediate = new LinkedHashSet<>();
    private final Set<Integer> fixedSnapshots = new HashSet<>();
    private final List<Command> done = new ArrayList<>();
    private Set<String> installed = Set.of();
    private int refreshes;
    private int followed;
    private boolean truncated;
    private boolean merged;
    private boolean clean;

    ScriptRun(DataSource pool, String schema, ScriptRunner.Tampering tampering) {
        this.pool = pool;
        this.schema = schema;
        this.tampering = tampering;
        this.sessions = new Sessions(pool, schema);
        this.streamTables = StreamTables.on(sessions.dataSource());
    }

    /// Ends a run early.
    private static final class Ended extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient Outcome outcome;

        Ended(Outcome outcome) {
            super(outcome.toString());
            this.outcome = outcome;
        }

        static Ended failed(Failure.Kind kind, String streamTable, String report) {
            return new Ended(new Outcome.Failed(new Failure(kind, streamTable, report)));
        }
    }

    Outcome run(Script script) {
        try {
            sql(1, "CREATE SCHEMA " + schema);
            installed = objects();
            for (Command command : script.commands()) {
                done.add(command);
                step(command);
            }
            recompute();
            cleanUp();
            return new Outcome.Passed(refreshes, followed, List.copyOf(modes.values()));
        } catch (Ended e) {
            abandon(e.outcome);
            return e.outcome;
        } catch (SQLException e) {
            return new Outcome.Invalid(e.toString());
        }
    }

    /// Whether everything is gone again.
    boolean clean() {
        return clean;
    }

    private void step(Command command) throws Ended, SQLException {
        switch (command) {
            case Command.Sql(int connection, String text) -> statement(connection, text);
            case Command.Create create -> create(create);
            case Command.Refresh(List<String> names) -> {
                for (String name : names.isEmpty() ? List.copyOf(created.keySet()) : names) {
                    if (!immediate.contains(name)) {
                        refresh(name);
                    }
                }
                truncated = names.isEmpty() ? false : truncated;
            }
            case Command.Check _ -> {
                for (String name : created.keySet()) {
                    check(name);
                }
            }
        }
    }

    private void statement(int connection, String text) throws Ended, SQLException {
        String statement = text.stripLeading().toUpperCase(Locale.ROOT);
        truncated |= statement.startsWith("TRUNCATE");
        // One that moves rows to another partition is captured as a TRUNCATE.
        merged |= statement.startsWith("MERGE");
        try {
            sql(connection, text);
        } catch (PSQLException e) {
            if (created.isEmpty()) {
                throw new Ended(new Outcome.Invalid(text + ": " + e.getMessage()));
            }
            requireInnocence(connection, text, e);
        }
        keepInMind(connection, text);
        follow(connection, text);
    }

    /// A statement must not fail in a trigger of ours, unless it had to wait, its snapshot is too
    /// old, or the query has no result any more.
    private void requireInnocence(int connection, String text, PSQLException e)
            throws Ended, SQLException {
        boolean ours =
                Optional.ofNullable(e.getServerErrorMessage())
                        .map(ServerErrorMessage::getWhere)
                        .filter(where -> where.contains("pgtrickle"))
                        .isPresent();
        boolean expected =
                "55P03".equals(e.getSQLState())
                        || ("40001".equals(e.getSQLState()) && fixedSnapshots.contains(connection));
        if (!ours || expected) {
            return;
        }
        if (!immediate.isEmpty()) {
            Optional<String> invalid = Shadow.error(pool, schema + "_shadow", done);
            if (invalid.isPresent()) {
                throw new Ended(new Outcome.Invalid(invalid.get()));
            }
        }
        throw Ended.failed(Failure.Kind.CAPTURE_ERROR, "", text + "\n" + e.getServerErrorMessage());
    }

    private void keepInMind(int connection, String text) {
        if (text.startsWith("BEGIN ISOLATION LEVEL REPEATABLE READ")) {
            fixedSnapshots.add(connection);
        } else if (text.equals("COMMIT") || text.equals("ROLLBACK")) {
            fixedSnapshots.remove(connection);
        }
    }

    /// Compares those that follow within the transaction, as it sees them.
    private void follow(int number, String text) throws Ended, SQLException {
        Connection connection = sessions.numbered(number);
        for (String name : immediate) {
            if (Sessions.isAborted(connection)) {
                return;
            }
            try {
                followed++;
                Optional<String> difference = comparison(name).difference(connection);
                if (difference.isPresent()) {
                    requireOneAnswer(name, connection);
                    throw Ended.failed(
                            Failure.Kind.DIFFERENCE,
                            name,
                            "after " + text + " on " + number + "\n" + difference.get());
                }
            } catch (PSQLException e) {
                if (!"55P03".equals(e.getSQLState())) {
                    throw new Ended(new Outcome.Invalid("the query fails: " + e.getMessage()));
                }
            }
        }
    }

    private void sql(int connection, String text) throws SQLException {
        try (Statement statement = sessions.numbered(connection).createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute(text);
        }
    }

    private void create(Command.Create create) throws Ended, SQLException {
        validate(create);
        StreamTableStatus status = created(create);
        RefreshMode first = RefreshMode.parse(create.modes().getFirst());
        boolean refused =
                (first == RefreshMode.DIFFERENTIAL && status.mode() != first)
                        || (first == RefreshMode.IMMEDIATE
                                && status.mode() == RefreshMode.DIFFERENTIAL);
        if (refused) {
            throw Ended.failed(
                    Failure.Kind.NOT_DIFFERENTIAL,
                    create.name(),
                    "mode " + status.mode() + ": " + status.fullReason().orElse("no reason"));
        }
        modes.put(
                create.name(),
                new Outcome.Effective(
                        create.name(), status.mode(), status.fullReason().orElse("")));
        if (status.mode() == RefreshMode.IMMEDIATE) {
            immediate.add(create.name());
        }
        try (Connection connection = sessions.checkout()) {
            created.put(
                    create.name(),
                    Comparison.of(connection, create.name(), create.query(), create.exact()));
            queries.put(create.name(), create.query());
            exact.put(create.name(), create.exact());
        }
    }

    private StreamTableStatus created(Command.Create create) throws Ended, SQLException {
        Iterator<String> modes =
                create.modes().stream().filter(it -> !it.equals(DIVIDED)).iterator();
        while (true) {
            RefreshMode mode = RefreshMode.parse(modes.next());
            try {
                StreamTableStatus status =
                        streamTables
                                .create(
                                        StreamTableDefinition.of(create.name(), create.query())
                                                .withMode(mode))
                                .streamTable();
                if (create.modes().contains(DIVIDED) && mode != RefreshMode.IMMEDIATE) {
                    divide(create.name());
                }
                try (Connection connection = sessions.checkout()) {
                    tampering.afterCreation(connection);
                }
                return status;
            } catch (RuntimeException e) {
                boolean refused =
                        e instanceof PgTrickleException ours
                                && Set.of("0A000", "54000").contains(ours.sqlState());
                if (!refused || !modes.hasNext()) {
                    throw Ended.failed(Failure.Kind.CREATE_ERROR, create.name(), describe(e));
                }
            }
        }
    }

    /// By a hash of its first column that has one.
    private void divide(String name) throws SQLException {
        Optional<String> column = Optional.empty();
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "SELECT a.attname FROM pg_attribute a JOIN pg_opclass o ON o.opcintype = a.atttypid"
                                        + " AND o.opcdefault JOIN pg_am m ON m.oid = o.opcmethod AND m.amname = 'hash'"
                                        + " WHERE a.attrelid = '"
                                        + name
                                        + "'::regclass AND a.attnum > 1 AND a.attname !~ '^__pgt|[:,]' ORDER BY a.attnum LIMIT 1")) {
            if (rows.next()) {
                column = Optional.of(rows.getString(1));
            }
        }
        column.ifPresent(it ->
                streamTables.alter(name, Alteration.none().withPartitioning("HASH:" + it + ":3")));
    }

    private void validate(Command.Create create) throws Ended, SQLException {
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SET statement_timeout = '2s'");
            try (ResultSet rows =
                    statement.executeQuery("SELECT count(q) FROM (" + create.query() + ") AS q")) {
                rows.next();
                if (rows.getLong(1) > LARGE) {
                    throw new Ended(new Outcome.Invalid("too many rows: " + rows.getLong(1)));
                }
            }
        } catch (PSQLException e) {
            throw new Ended(new Outcome.Invalid(create.query() + ": " + e.getMessage()));
        }
    }

    private void refresh(String name) throws Ended, SQLException {
        try (Connection connection = sessions.checkout()) {
            tampering.beforeRefresh(connection);
        }
        RefreshOutcome outcome = refreshed(name);
        boolean allowed =
                switch (outcome.action()) {
                    case NO_DATA, DIFFERENTIAL -> true;
                    case FULL -> truncated || merged || full(name);
                    case REINITIALIZE, SKIP -> false;
                };
        if (!allowed) {
            throw Ended.failed(Failure.Kind.NOT_DIFFERENTIAL, name, outcome.toString());
        }
        refreshes += outcome.action() == RefreshOutcome.Action.DIFFERENTIAL ? 1 : 0;
        if (full(name)) {
            return;
        }
        RefreshOutcome again = refreshed(name);
        if (again.action() != RefreshOutcome.Action.NO_DATA) {
            throw Ended.failed(Failure.Kind.NOT_IDLE, name, "first " + outcome + "\nthen " + again);
        }
    }

    private boolean full(String name) {
        Outcome.Effective effective = modes.get(name);
        return effective != null && effective.mode() == RefreshMode.FULL;
    }

    private RefreshOutcome refreshed(String name) throws Ended, SQLException {
        try {
            return streamTables.refresh(name);
        } catch (RuntimeException e) {
            requireQueryToRun(name);
            throw Ended.failed(Failure.Kind.REFRESH_ERROR, name, describe(e));
        }
    }

    /// A query that fails by itself proves nothing.
    private void requireQueryToRun(String name) throws Ended, SQLException {
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement()) {
            statement.setEscapeProcessing(false);
            statement.execute("SELECT count(q) FROM (" + queries.get(name) + ") AS q");
        } catch (PSQLException e) {
            throw new Ended(new Outcome.Invalid("the query fails: " + e.getMessage()));
        }
    }

    /// What is hidden must be right as well: recomputing finds nothing to change.
    private void recompute() throws Ended, SQLException {
        sessions.close();
        for (String name : immediate) {
            Contents before = Contents.of(sessions, name, "kept_of_" + name);
            RefreshOutcome outcome = refreshed(name);
            if (outcome.rowsInserted() + outcome.rowsUpdated() + outcome.rowsDeleted() > 0
                    && !before.areBack()) {
                throw Ended.failed(Failure.Kind.NOT_IDLE, name, outcome.toString());
            }
        }
    }

    private void check(String name) throws Ended, SQLException {
        try (Connection connection = sessions.checkout()) {
            Optional<String> difference = comparison(name).difference(connection);
            if (difference.isPresent()) {
                requireOneAnswer(name, connection);
                throw Ended.failed(Failure.Kind.DIFFERENCE, name, difference.get());
            }
        } catch (PSQLException e) {
            throw new Ended(new Outcome.Invalid("the query fails: " + e.getMessage()));
        }
    }

    private Comparison comparison(String name) {
        Comparison comparison = created.get(name);
        if (comparison == null) {
            throw new IllegalStateException(name);
        }
        return comparison;
    }

    private void requireOneAnswer(String name, Connection connection) throws Ended, SQLException {
        Optional<String> other =
                Determinism.difference(
                        connection,
                        queries.getOrDefault(name, ""),
                        exact.getOrDefault(name, List.of()));
        if (other.isPresent()) {
            throw Ended.failed(Failure.Kind.UNDETERMINED, name, other.get());
        }
    }

    private void cleanUp() throws Ended, SQLException {
        sessions.close();
        for (String name : List.copyOf(created.keySet()).reversed()) {
            try {
                streamTables.drop(name, DropBehavior.RESTRICT);
            } catch (RuntimeException e) {
                throw Ended.failed(Failure.Kind.LEFT_BEHIND, name, describe(e));
            }
        }
        Set<String> left = new LinkedHashSet<>(objects());
        left.removeAll(installed);
        if (!left.isEmpty()) {
            throw Ended.failed(Failure.Kind.LEFT_BEHIND, "", String.join(", ", left));
        }
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement()) {
            statement.execute("DROP SCHEMA " + schema + " CASCADE");
            clean = true;
        }
    }

    private Set<String> objects() throws SQLException {
        Set<String> found = new LinkedHashSet<>();
        try (Connection connection = sessions.checkout();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(OBJECTS)) {
            while (rows.next()) {
                found.add(rows.getString(1));
            }
        }
        return found;
    }

    private static final String OBJECTS =
            """
            SELECT relname::text FROM pg_class
            WHERE relnamespace IN ('pgtrickle_changes'::regnamespace, 'pgtrickle_owned'::regnamespace)
              AND relkind IN ('r', 'v', 'S')
            UNION ALL
            SELECT tgname::text FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
            WHERE relnamespace = current_schema()::regnamespace AND tgname LIKE 'pg%'
            UNION ALL
            SELECT proname::text FROM pg_proc
            WHERE pronamespace IN ('pgtrickle_changes'::regnamespace, 'pgtrickle_owned'::regnamespace)
              AND proname NOT LIKE 'wake%' AND proname NOT LIKE 'shape%'
            """;

    private void abandon(Outcome outcome) {
        try {
            if (outcome instanceof Outcome.Invalid) {
                cleanUp();
            } else {
                sessions.close();
            }
        } catch (Ended | SQLException _) {
            clean = false;
        }
    }

    static String describe(RuntimeException error) {
        StringBuilder text = new StringBuilder();
        if (error instanceof PgTrickleException ours) {
            text.append(ours.report());
        }
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            text.append(text.isEmpty() ? "" : "\n").append(cause);
            for (StackTraceElement frame : cause.getStackTrace()) {
                if (frame.getClassName().startsWith("io.pgtrickle")) {
                    text.append("\n    at ").append(frame);
                    break;
                }
            }
        }
        return text.toString();
    }
}
