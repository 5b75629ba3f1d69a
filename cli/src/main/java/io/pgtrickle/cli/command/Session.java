package io.pgtrickle.cli.command;

import io.pgtrickle.cli.connect.DevInstances;
import io.pgtrickle.cli.connect.TargetFinder;
import java.io.InputStream;
import java.io.PrintWriter;

/// What the commands of one invocation share.
///
/// @param out results
/// @param err warnings and errors
/// @param in for queries that are piped in
/// @param targets finds the database
public record Session(PrintWriter out, PrintWriter err, InputStream in, TargetFinder targets) {

    /// The session of this process.
    public static Session system(PrintWriter out, PrintWriter err) {
        TargetFinder targets =
                new TargetFinder(
                        System.getenv(),
                        () -> DevInstances.standard().running(),
                        System.getProperty("user.name", "postgres"));
        return new Session(out, err, System.in, targets);
    }
}
