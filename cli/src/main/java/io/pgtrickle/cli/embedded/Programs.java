package io.pgtrickle.cli.embedded;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Runs programs outside the JVM.
final class Programs {
    private Programs() {}

    /// What a finished program printed, and its exit code.
    record Result(int exitCode, String output) {}

    /// Looks a program up in PATH and in the usual directories, which PATH may lack.
    static Optional<Path> find(String name) {
        String path =
                Optional.ofNullable(System.getenv("PATH")).orElse("")
                        + ":/usr/sbin:/usr/bin:/sbin:/bin";
        for (String directory : path.split(File.pathSeparator, -1)) {
            Path candidate = Path.of(directory.isEmpty() ? "." : directory, name);
            if (Files.isExecutable(candidate)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }

    /// Makes a process builder whose environment is free of the caller's PostgreSQL and locale
    /// settings.
    static ProcessBuilder builder(List<String> command, Path directory) {
        List<String> line = new ArrayList<>(command);
        line.set(0, find(command.getFirst()).map(Path::toString).orElse(command.getFirst()));
        ProcessBuilder builder =
                new ProcessBuilder(line).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LC_ALL", "C");
        return builder;
    }

    /// Runs a program to its end.
    static Result run(List<String> command, Path directory) {
        try {
            Process process =
                    builder(command, directory).redirectInput(new File("/dev/null")).start();
            String output =
                    new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), output.strip());
        } catch (IOException e) {
            throw new EmbeddedPostgresException(
                    "Cannot run " + command.getFirst() + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EmbeddedPostgresException(
                    "Interrupted while running " + command.getFirst(), e);
        }
    }

    /// The words that start a program in a session of its own: the terminal's Ctrl-C then does not
    /// reach it.
    static List<String> ownSession() {
        if (find("setsid").isPresent()) {
            return List.of("setsid");
        }
        if (find("perl").isPresent()) {
            return List.of("perl", "-e", "use POSIX; POSIX::setsid(); exec { $ARGV[0] } @ARGV;");
        }
        return List.of();
    }

    static String shellQuoted(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }
}
