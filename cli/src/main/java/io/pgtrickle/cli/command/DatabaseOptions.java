package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.Target;
import io.pgtrickle.runtime.api.StreamTables;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Which database a command works on.
final class DatabaseOptions {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = {
                "The database: postgresql://user:password@host:port/database or jdbc:postgresql://...",
                "Default: PGTRICKLE_URL, else PGHOST, PGPORT, PGDATABASE, PGUSER and PGPASSWORD, else the"
                        + " pgtrickle dev that runs on this machine."
            })
    private Optional<String> url = Optional.empty();

    Target target(Session session) {
        return session.targets().find(url);
    }

    StreamTables tables(Session session) {
        return StreamTables.on(target(session).dataSource());
    }
}
