package io.pgtrickle.cli.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/// A query, given in place or in a file.
final class QueryOptions {
    @Option(names = "--query", paramLabel = "SQL", description = "The defining query, one SELECT.")
    private Optional<String> query = Optional.empty();

    @Option(
            names = "--file",
            paramLabel = "FILE",
            description = "A file with the defining query; - reads it from standard input.")
    private Optional<Path> file = Optional.empty();

    Optional<String> text(Session session) {
        if (query.isPresent() && file.isPresent()) {
            throw new UsageException("--query and --file exclude each other");
        }
        return query.or(() -> file.map(path -> read(path, session)));
    }

    String required(Session session) {
        return text(session)
                .orElseThrow(() -> new UsageException("A query is missing: use --query or --file"));
    }

    private static String read(Path path, Session session) {
        try {
            return path.toString().equals("-")
                    ? new String(session.in().readAllBytes(), StandardCharsets.UTF_8)
                    : Files.readString(path);
        } catch (NoSuchFileException e) {
            throw new UsageException("There is no file " + path);
        } catch (IOException e) {
            throw new UsageException("Cannot read " + path + ": " + e.getMessage());
        }
    }
}
