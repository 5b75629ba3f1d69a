package io.pgtrickle.cli.embedded;

import java.util.Locale;

/// An operating system and a processor, by the names that the archives of server programs use.
///
/// @param system `linux` or `darwin`
/// @param processor `x86_64` or `arm_64`
record Platform(String system, String processor) {

    static Platform current() {
        return of(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
    }

    static Platform of(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT);
        String system = os.startsWith("linux") ? "linux" : os.startsWith("mac") ? "darwin" : "";
        String processor =
                switch (osArch.toLowerCase(Locale.ROOT)) {
                    case "amd64", "x86_64" -> "x86_64";
                    case "aarch64", "arm64" -> "arm_64";
                    default -> "";
                };
        if (system.isEmpty() || processor.isEmpty()) {
            throw new EmbeddedPostgresException(
                    "There is no embedded PostgreSQL for "
                            + osName
                            + " on "
                            + osArch
                            + ": Linux and macOS on x86-64 and arm64 only."
                            + " Use a PostgreSQL of your own with --url.");
        }
        return new Platform(system, processor);
    }

    String id() {
        return system + "-" + processor;
    }

    /// The class path resource with the server programs.
    String archive() {
        return "/postgres-" + id() + ".txz";
    }
}
