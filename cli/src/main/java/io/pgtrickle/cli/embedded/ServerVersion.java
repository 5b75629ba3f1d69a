package io.pgtrickle.cli.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The version of the packaged server.
///
/// @param text as in the Maven artifact, such as `18.6.0`
/// @param major such as 18
public record ServerVersion(String text, int major) {

    /// The version that this build was packaged with.
    public static ServerVersion packaged() {
        try (InputStream in = ServerVersion.class.getResourceAsStream("/pgtrickle.properties")) {
            if (in == null) {
                throw new EmbeddedPostgresException(
                        "pgtrickle.properties is missing from the class path");
            }
            Properties properties = new Properties();
            properties.load(in);
            return parse(properties.getProperty("postgres.version", ""));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ServerVersion parse(String text) {
        int dot = text.indexOf('.');
        if (dot <= 0) {
            throw new EmbeddedPostgresException(
                    "Unknown PostgreSQL version \"" + text + "\" in pgtrickle.properties");
        }
        return new ServerVersion(text, Integer.parseInt(text.substring(0, dot)));
    }
}
