package io.pgtrickle.tests.api;

import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.server.Service;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.postgresql.ds.PGSimpleDataSource;

/// A database that belongs to a role without other rights, with dblink, pg_trickle installed by
/// that role, and a service that runs as it. Changes are applied in it whatever that costs, so that
/// no test depends on times, unless one sets `pg_trickle.refresh_strategy`.
final class ApiDatabase implements AutoCloseable {
    private final TestDatabase database;
    private final String owner;
    private final String url;
    private Service service;

    private ApiDatabase(TestDatabase database, String owner, String url, Service service) {
        this.database = database;
        this.owner = owner;
        this.url = url;
        this.service = service;
    }

    static ApiDatabase create() {
        return create(false);
    }

    /// The same, installed by CREATE EXTENSION, whose files must be in the server's directory.
    static ApiDatabase createExtension() {
        return create(true);
    }

    private static ApiDatabase create(boolean extension) {
        TestDatabase database = TestServer.shared().emptyDatabase();
        String owner = database.name() + "_owner";
        database.execute(
                "CREATE ROLE " + owner + " LOGIN",
                "ALTER DATABASE " + database.name() + " OWNER TO " + owner,
                "ALTER DATABASE "
                        + database.name()
                        + " SET pg_trickle.refresh_strategy = 'differential'",
                "ALTER SCHEMA public OWNER TO " + owner,
                "CREATE EXTENSION dblink");
        String url = urlOf(database, owner);
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        if (extension) {
            try (TestDatabase.Session session = connected(url)) {
                session.execute("CREATE EXTENSION pg_trickle VERSION '0.1.0'");
            }
        } else {
            StreamTables.on(source).install();
        }
        return new ApiDatabase(database, owner, url, started(url));
    }

    private static String urlOf(TestDatabase database, String role) {
        String url = database.url().replaceAll("([?&])user=[^&]*&?", "$1");
        return url + (url.contains("?") ? "&" : "?") + "user=" + role;
    }

    private static Service started(String url) {
        Service service = Service.start(new Service.Config(url, "", "", 1));
        if (!service.awaitLeadership(Duration.ofSeconds(30))) {
            service.close();
            throw new IllegalStateException("the service does not lead");
        }
        return service;
    }

    /// A session of the owner.
    TestDatabase.Session session() {
        return connected(url);
    }

    /// A session of another role.
    TestDatabase.Session session(String role) {
        return connected(urlOf(database, role));
    }

    private static TestDatabase.Session connected(String url) {
        try {
            Connection connection = DriverManager.getConnection(url);
            return new TestDatabase.Session(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Its name.
    String name() {
        return database.name();
    }

    /// Its JDBC URL, as the owner.
    String url() {
        return url;
    }

    /// Stream tables, as the owner.
    StreamTables streamTables() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setURL(url);
        return StreamTables.on(source);
    }

    /// A session of a superuser.
    TestDatabase.Session superuser() {
        return database.session();
    }

    String owner() {
        return owner;
    }

    void asSuperuser(String... statements) {
        database.execute(statements);
    }

    void stopService() {
        service.close();
    }

    void startService() {
        service = started(url);
    }

    @Override
    public void close() {
        service.close();
        database.execute("REASSIGN OWNED BY " + owner + " TO CURRENT_USER");
        database.execute("DROP OWNED BY " + owner);
        database.close();
        try (TestDatabase other = TestServer.shared().emptyDatabase()) {
            other.execute("DROP ROLE " + owner);
        }
    }
}
