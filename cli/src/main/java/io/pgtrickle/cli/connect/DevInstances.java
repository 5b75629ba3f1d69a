package io.pgtrickle.cli.connect;

import io.pgtrickle.cli.embedded.Directories;
import io.pgtrickle.cli.embedded.Owner;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/// The `pgtrickle dev` instances of this machine: a small file for each, beside the data
/// directories.
///
/// @param directory where the files are
/// @param shared where those of instances are that root started for everybody
public record DevInstances(Path directory, Path shared) {

    /// The registry of the current user.
    public static DevInstances standard() {
        return new DevInstances(Directories.standard().data(), Path.of("/var/lib/pgtrickle"));
    }

    /// Announces this JVM's instance.
    ///
    /// @return the file, to be deleted at the end
    public Path announce(String url) {
        try {
            Files.createDirectories(directory);
            forgetDead();
            Path file = directory.resolve("dev-" + ProcessHandle.current().pid() + ".properties");
            Properties properties = new Properties();
            properties.setProperty("url", url);
            Owner.current().write(file, properties);
            return file;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The URLs of the instances that run, also those that root started for everybody.
    public List<String> running() {
        List<String> urls = new ArrayList<>(running(directory));
        if (urls.isEmpty() && !directory.equals(shared)) {
            urls.addAll(running(shared));
        }
        return List.copyOf(urls);
    }

    /// Deletes the files of instances that were killed.
    private void forgetDead() throws IOException {
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, "dev-*.properties")) {
            for (Path file : files) {
                if (Owner.read(file).filter(Owner::alive).isEmpty()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static List<String> running(Path directory) {
        List<String> urls = new ArrayList<>();
        try (DirectoryStream<Path> files =
                Files.newDirectoryStream(directory, "dev-*.properties")) {
            for (Path file : files) {
                if (Owner.read(file).filter(Owner::alive).isPresent()) {
                    urls.add(url(file));
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return urls;
    }

    private static String url(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        }
        return properties.getProperty("url", "");
    }
}
