package io.pgtrickle.cli.connect;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Finds out which database is meant: `--url`, else `PGTRICKLE_URL`, completed by the standard
/// `PG*` variables; without any of them the one `pgtrickle dev` that runs on this machine.
///
/// @param environment the environment variables
/// @param instances the URLs of the `pgtrickle dev` instances that run
/// @param systemUser the default role, as with libpq
public record TargetFinder(
        Map<String, String> environment, Supplier<List<String>> instances, String systemUser) {
    private static final String VARIABLE = "PGTRICKLE_URL";
    private static final List<String> VARIABLES =
            List.of("PGHOST", "PGPORT", "PGDATABASE", "PGUSER");

    /// The databases meant by `--url`, given several times, or without it: then `PGTRICKLE_URL` may
    /// hold several with blanks between.
    ///
    /// @throws InvalidUrlException when none is meant, or an address cannot be read
    public List<Target> findAll(List<String> urls) {
        if (!urls.isEmpty()) {
            return urls.stream().map(it -> find(Optional.of(it))).toList();
        }
        Optional<List<String>> several =
                variable(VARIABLE).map(it -> List.of(it.strip().split("\\s+")));
        return several.map(it -> it.stream().map(url -> completed(parse(url, VARIABLE))).toList())
                .orElseGet(() -> List.of(find(Optional.empty())));
    }

    /// The database meant by `--url`, or without it.
    ///
    /// @throws InvalidUrlException when none is meant, or its address cannot be read
    public Target find(Optional<String> url) {
        Optional<String> given = url.or(() -> variable(VARIABLE));
        if (given.isPresent()) {
            return completed(parse(given.get(), url.isPresent() ? "--url" : VARIABLE));
        }
        if (VARIABLES.stream().anyMatch(name -> variable(name).isPresent())) {
            return completed(DatabaseUrl.NONE);
        }
        List<String> running = instances.get();
        if (running.size() > 1) {
            throw new InvalidUrlException(
                    "several pgtrickle dev instances run here: choose one with --url:\n  "
                            + String.join("\n  ", running));
        }
        if (running.isEmpty()) {
            throw new InvalidUrlException(
                    "no database given: use --url postgresql://user@host:port/database, PGTRICKLE_URL, or PGHOST,"
                            + " PGPORT, PGDATABASE, PGUSER and PGPASSWORD; or start one with: pgtrickle dev");
        }
        return completed(parse(running.getFirst(), "pgtrickle dev"));
    }

    private static DatabaseUrl parse(String url, String source) {
        try {
            return DatabaseUrl.parse(url);
        } catch (InvalidUrlException e) {
            throw new InvalidUrlException(
                    "invalid database URL in " + source + ": " + e.getMessage());
        }
    }

    private Target completed(DatabaseUrl url) {
        int port = variable("PGPORT").map(Hosts::port).orElse(5432);
        String hosts = url.hosts().or(() -> variable("PGHOST")).orElse("localhost");
        String user = url.user().or(() -> variable("PGUSER")).orElse(systemUser);
        String database = url.database().or(() -> variable("PGDATABASE")).orElse(user);
        Map<String, String> parameters = new LinkedHashMap<>(url.parameters());
        variable("PGSSLMODE").ifPresent(mode -> parameters.putIfAbsent("sslmode", mode));
        variable("PGSSLROOTCERT").ifPresent(file -> parameters.putIfAbsent("sslrootcert", file));
        variable("PGCONNECT_TIMEOUT")
                .ifPresent(time -> parameters.putIfAbsent("connectTimeout", time));
        Optional<String> password = url.password().or(() -> variable("PGPASSWORD"));
        return new Target(Hosts.withPort(hosts, port), database, user, password, parameters);
    }

    private Optional<String> variable(String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }
}
