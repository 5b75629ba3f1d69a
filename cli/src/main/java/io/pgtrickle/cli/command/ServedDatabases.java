package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.Target;
import java.util.List;
import picocli.CommandLine.Option;

/// Which databases the service looks after.
final class ServedDatabases {
    @Option(
            names = "--url",
            paramLabel = "URL",
            description = {
                "A database: postgresql://user:password@host:port/database or jdbc:postgresql://...; once for each.",
                "Default: PGTRICKLE_URL, which may hold several with blanks between, else PGHOST, PGPORT, PGDATABASE,"
                        + " PGUSER and PGPASSWORD, else the pgtrickle dev that runs on this machine."
            })
    private List<String> urls = List.of();

    /// @throws UsageException for one that comes twice
    List<Target> targets(Session session) {
        List<Target> targets = session.targets().findAll(urls);
        for (int i = 0; i < targets.size(); i++) {
            for (Target other : targets.subList(0, i)) {
                if (targets.get(i).isSameDatabase(other)) {
                    throw new UsageException("given twice: " + other);
                }
            }
        }
        return targets;
    }
}
