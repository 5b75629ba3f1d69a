package io.pgtrickle.runtime.catalog;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// A version of what is installed in a database: the scripts that make it, and the steps that lead
/// to it from older versions. Immutable.
///
/// @param version its name
/// @param scripts texts, in this order: each uses what the ones before it have made
/// @param steps what is done to tables and data of older versions
public record Release(String version, List<String> scripts, List<Step> steps) {
    /// The version that this library works with.
    public static final Release CURRENT = current();

    /// A step from one version to the next: statements for tables and data, and for functions and
    /// views that cannot be replaced as they are. All others are replaced after the last step.
    public record Step(String from, String to, String sql) {}

    /// Copies the lists.
    public Release {
        scripts = List.copyOf(scripts);
        steps = List.copyOf(steps);
    }

    private static Release current() {
        return new Release(
                Installer.VERSION,
                Installer.SCRIPTS.stream().map(Release::resource).toList(),
                Installer.STEPS.stream().map(Release::step).toList());
    }

    /// A step in a file `pg_trickle--FROM--TO.sql`.
    private static Step step(String name) {
        String[] parts = name.replaceFirst("\\.sql$", "").split("--", 3);
        return new Step(parts[1], parts[2], resource("upgrade/" + name));
    }

    private static String resource(String name) {
        try (InputStream stream =
                Release.class.getResourceAsStream("/io/pgtrickle/runtime/sql/" + name)) {
            if (stream == null) {
                throw new IllegalStateException("missing resource " + name);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The versions that can be brought to this one, oldest first.
    public List<String> predecessors() {
        return steps.stream().map(Step::from).filter(it -> path(it).isPresent()).toList();
    }

    /// The statements that bring an older version to this one, several of them in one text each.
    ///
    /// @throws PgTrickleException 55000 when no steps lead from there to here
    List<String> upgrade(String from) {
        List<Step> path = path(from).orElseThrow(() -> noPath(from));
        List<String> texts = new ArrayList<>();
        path.forEach(it -> texts.add(it.sql()));
        for (String script : scripts) {
            texts.addAll(SqlScript.of(script).replacing());
        }
        for (Step step : path) {
            texts.add(
                    "INSERT INTO pgtrickle.pgt_schema_version (version, applied_at, description) VALUES ('"
                            + step.to()
                            + "', clock_timestamp(), 'Upgrade from "
                            + step.from()
                            + "');");
        }
        return texts;
    }

    private Optional<List<Step>> path(String from) {
        List<Step> path = new ArrayList<>();
        String at = from;
        while (!at.equals(version)) {
            String here = at;
            Optional<Step> next = steps.stream().filter(it -> it.from().equals(here)).findFirst();
            if (next.isEmpty() || path.contains(next.get())) {
                return Optional.empty();
            }
            path.add(next.get());
            at = next.get().to();
        }
        return Optional.of(path);
    }

    private PgTrickleException noPath(String from) {
        return PgTrickleException.of(
                        "55000", "pg_trickle " + from + " is installed in this database")
                .detail(
                        "This program works with version "
                                + version
                                + ", and cannot make it of that one.")
                .hint("Use the program of that version, or a newer one.")
                .build();
    }
}
