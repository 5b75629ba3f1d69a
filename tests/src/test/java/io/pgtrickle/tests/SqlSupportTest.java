package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pgtrickle.tests.support.Example;
import io.pgtrickle.tests.support.OneAnswer;
import io.pgtrickle.tests.support.SupportPage;
import io.pgtrickle.tests.support.SupportRun;
import io.pgtrickle.tests.support.Verdict;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// `docs/SQL_SUPPORT.md`, row by row.
final class SqlSupportTest {
    private final SupportPage page = SupportPage.read(Path.of("..", "docs", "SQL_SUPPORT.md"));

    @TestFactory
    Stream<DynamicContainer> everyRowHolds() {
        Map<Example, Verdict> verdicts = SupportRun.of(page).run(page.examples());
        Map<String, Map<Example, Verdict>> sections = new LinkedHashMap<>();
        verdicts.forEach((example, verdict) ->
                sections.computeIfAbsent(example.section(), _ -> new LinkedHashMap<>())
                        .put(example, verdict));
        return sections.entrySet().stream()
                .map(section ->
                        dynamicContainer(
                                section.getKey(),
                                section.getValue().entrySet().stream()
                                        .map(row ->
                                                dynamicTest(
                                                        row.getKey().construct(),
                                                        () ->
                                                                check(
                                                                        row.getKey(),
                                                                        row.getValue())))));
    }

    private static void check(Example example, Verdict verdict) {
        assertThat(verdict.kept())
                .as("line %d: %s%n%s", example.line(), example.query(), verdict)
                .isTrue();
    }

    @Test
    void everyExampleHasOneAnswer() {
        assertThat(OneAnswer.violations(page, page.examples())).isEmpty();
    }

    @Test
    void everyConstructStandsOnce() {
        Set<String> seen = new HashSet<>();
        List<String> twice =
                page.examples().stream().map(Example::title).filter(it -> !seen.add(it)).toList();
        assertThat(twice).isEmpty();
        assertThat(page.examples()).hasSizeGreaterThan(250);
    }
}
