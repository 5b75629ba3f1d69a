package io.pgtrickle.cli.connect;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/// A database to connect to.
///
/// @param hosts `host:port`, or several with commas between
/// @param database its name
/// @param user the role
/// @param password empty leaves it to `.pgpass` and to servers that ask for none
/// @param parameters further connection parameters, by pgjdbc's names
public record Target(
        String hosts,
        String database,
        String user,
        Optional<String> password,
        Map<String, String> parameters) {
    public Target {
        parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    }

    /// The JDBC URL without user and password.
    public String jdbcUrl() {
        String query =
                parameters.entrySet().stream()
                        .map(e -> encoded(e.getKey()) + "=" + encoded(e.getValue()))
                        .collect(Collectors.joining("&"));
        return "jdbc:postgresql://"
                + hosts
                + "/"
                + encoded(database)
                + (query.isEmpty() ? "" : "?" + query);
    }

    /// Connections to it, not pooled.
    public DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(jdbcUrl());
        source.setUser(user);
        password.ifPresent(source::setPassword);
        if (!parameters.containsKey("ApplicationName")) {
            source.setApplicationName("pgtrickle");
        }
        return source;
    }

    /// Whether it is the same database by its name and its hosts, whoever connects to it.
    public boolean isSameDatabase(Target other) {
        return hosts.equals(other.hosts) && database.equals(other.database);
    }

    /// Where it is, without the password.
    @Override
    public String toString() {
        return "database \"" + database + "\" on " + hosts + " as \"" + user + "\"";
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
