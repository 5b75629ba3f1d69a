package io.pgtrickle.cli.command;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// What this program is.
final class Build {
    private Build() {}

    static String version() {
        Properties properties = new Properties();
        try (InputStream in = Build.class.getResourceAsStream("/pgtrickle.properties")) {
            if (in != null) {
                properties.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version", "unknown");
    }
}
