package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Rules of the house that no compiler checks, over the sources of all modules.
final class LintTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final int MAX_LINES = 500;
    // Written in two parts so that this file passes.
    private static final Pattern UNFINISHED =
            Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");

    private static List<Path> sources() {
        try (Stream<Path> files = Files.walk(ROOT)) {
            return files.filter(it -> it.toString().endsWith(".java"))
                    .filter(it -> it.toString().contains("/src/"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> violations(Predicate<Path> files, Predicate<String> wrong) {
        List<String> found = new ArrayList<>();
        for (Path file : sources()) {
            if (files.test(file)) {
                List<String> lines = lines(file);
                for (int i = 0; i < lines.size(); i++) {
                    if (wrong.test(lines.get(i))) {
                        found.add(
                                ROOT.relativize(file)
                                        + ":"
                                        + (i + 1)
                                        + ": "
                                        + lines.get(i).strip());
                    }
                }
            }
        }
        return found;
    }

    private static boolean main(Path file) {
        return file.toString().contains("/src/main/");
    }

    private static boolean in(Path file, String... parts) {
        return Stream.of(parts).anyMatch(part -> file.toString().contains(part));
    }

    @Test
    void thereAreSources() {
        assertThat(sources()).hasSizeGreaterThan(100);
    }

    @Test
    void switchesOverOurSealedTypesHaveNoDefault() {
        List<String> found = new ArrayList<>();
        for (Path file : sources()) {
            if (main(file)
                    && in(
                            file,
                            "/compiler/delta/",
                            "/compiler/emit/",
                            "/compiler/model/",
                            "/compiler/plan/")) {
                List<String> lines = lines(file);
                for (int i = 0; i < lines.size(); i++) {
                    if (lines.get(i).contains("default ->") && !open(lines, i)) {
                        found.add(ROOT.relativize(file) + ":" + (i + 1));
                    }
                }
            }
        }
        assertThat(found)
                .as("a default hides the operator that was forgotten: name every case")
                .isEmpty();
    }

    private static final Pattern OPEN_CASE =
            Pattern.compile("case (\"|(String|Long|Integer|BigDecimal|Boolean) )");

    /// Whether the switch that a line belongs to is over text or types of the JDK, so that it
    /// cannot name all cases.
    private static boolean open(List<String> lines, int line) {
        for (int i = line - 1; i >= 0 && !lines.get(i).contains("switch ("); i--) {
            if (OPEN_CASE.matcher(lines.get(i)).find()) {
                return true;
            }
        }
        return false;
    }

    @Test
    void nothingIsLeftUnfinished() {
        assertThat(violations(_ -> true, line -> UNFINISHED.matcher(line).find())).isEmpty();
    }

    @Test
    void filesAreShort() {
        assertThat(
                        sources().stream()
                                .filter(file -> lines(file).size() > MAX_LINES)
                                .map(file ->
                                        ROOT.relativize(file)
                                                + ": "
                                                + lines(file).size()
                                                + " lines"))
                .as("a file of more than " + MAX_LINES + " lines does more than one thing")
                .isEmpty();
    }

    @Test
    void onlyProgramsPrint() {
        assertThat(
                        violations(
                                file ->
                                        main(file)
                                                && !in(
                                                        file,
                                                        "/cli/src/",
                                                        "/bench/src/",
                                                        "Main.java"),
                                line ->
                                        line.contains("System.out")
                                                || line.contains("System.err")
                                                || line.contains("printStackTrace")))
                .as("log instead")
                .isEmpty();
    }

    @Test
    void nobodySleeps() {
        assertThat(
                        violations(
                                file ->
                                        in(file, "/src/test/")
                                                && !in(file, "DatabaseTest.java", "LintTest.java"),
                                line -> line.contains("Thread.sleep")))
                .as("wait on a condition with a deadline")
                .isEmpty();
    }

    @Test
    void nobodyCatchesThrowable() {
        assertThat(violations(file -> main(file), line -> line.contains("catch (Throwable")))
                .isEmpty();
    }

    @Test
    void everyPackageSaysWhatItIsAndIsNullMarked() {
        List<String> wrong = new ArrayList<>();
        for (Path file : sources()) {
            Path info = file.resolveSibling("package-info.java");
            if (main(file)
                    && (!Files.exists(info)
                            || !String.join("\n", lines(info)).contains("NullMarked"))) {
                wrong.add(String.valueOf(ROOT.relativize(file).getParent()));
            }
        }
        assertThat(wrong.stream().distinct()).isEmpty();
    }
}
