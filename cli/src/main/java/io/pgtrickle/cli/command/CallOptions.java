package io.pgtrickle.cli.command;

import io.pgtrickle.server.calls.CallAddress;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// Where the service takes the calls of the functions in schema `pgtrickle`.
final class CallOptions {
    @Option(
            names = "--calls-bind",
            paramLabel = "ADDRESS",
            description =
                    "Where calls of the SQL API are taken (default: ${DEFAULT-VALUE}, for a database on this machine).")
    private String bind = "127.0.0.1";

    @Option(
            names = "--calls-port",
            paramLabel = "PORT",
            description = {
                "The port for that; of several databases the first one's, the others have those that follow",
                "(default: free ones)."
            })
    private int port;

    @Option(
            names = "--calls-host",
            paramLabel = "HOST",
            description =
                    "The name under which the database server reaches it (default: the address it listens at).")
    private Optional<String> host = Optional.empty();

    @Option(
            names = "--calls-tls-cert",
            paramLabel = "FILE",
            description = "Encrypt calls with this certificate, a PEM file.")
    private Optional<Path> certificate = Optional.empty();

    @Option(
            names = "--calls-tls-key",
            paramLabel = "FILE",
            description = "The certificate's key, a PEM file.")
    private Optional<Path> key = Optional.empty();

    /// @param databases how many ports are needed
    /// @throws UsageException for values that do not fit
    CallAddress address(int databases) {
        if (port < 0 || port + databases - 1 > 65_535) {
            throw new UsageException(
                    "--calls-port is a number from 1 to 65535, or 0 for a free one");
        }
        if (certificate.isPresent() != key.isPresent()) {
            throw new UsageException("--calls-tls-cert and --calls-tls-key belong together");
        }
        return new CallAddress(
                bind,
                port,
                host.orElse(bind),
                certificate.flatMap(it -> key.map(file -> new CallAddress.TlsFiles(it, file))));
    }
}
