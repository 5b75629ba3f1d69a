package io.pgtrickle.tests.support;

import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// One line for each example of `docs/SQL_SUPPORT.md`. Arguments: texts, one of which an example's
/// section, construct or query must contain (any case); none for all. `-v` shows whole reports,
/// `-q` only what is not OK; `--one-answer` looks for examples with more than one answer instead;
/// `--random=S` takes random changes of seed S, `--rounds=N` of them.
public final class SupportMain {
    private SupportMain() {}

    /// Ends with status 1 when a promise is not kept.
    public static void main(String[] arguments) {
        List<String> words = List.of(arguments);
        List<String> filters =
                words.stream()
                        .filter(it -> !it.startsWith("-"))
                        .map(it -> it.toLowerCase(Locale.ROOT))
                        .toList();
        SupportPage page = SupportPage.read(Path.of("..", "docs", "SQL_SUPPORT.md"));
        List<Example> chosen = page.examples().stream().filter(it -> matches(it, filters)).toList();
        if (words.contains("--one-answer")) {
            OneAnswer.violations(page, chosen)
                    .forEach((example, answers) ->
                            System.out.println(
                                    example.line() + " " + example.query() + "\n" + answers));
            System.exit(0);
        }
        long startedAt = System.nanoTime();
        Map<Example, Verdict> verdicts = run(page, words).run(chosen);
        Map<Verdict.Kind, Integer> counts = new EnumMap<>(Verdict.Kind.class);
        verdicts.forEach((example, verdict) -> {
            counts.merge(verdict.kind(), 1, Integer::sum);
            if (!words.contains("-q") || !verdict.kept()) {
                System.out.println(example.line() + " " + verdict.line() + "  " + example.title());
                if (words.contains("-v") && !verdict.kept()) {
                    System.out.println("    " + example.query() + "\n    " + verdict);
                }
            }
        });
        System.out.println(
                counts + " in " + (System.nanoTime() - startedAt) / 1_000_000_000 + " s");
        System.exit(verdicts.values().stream().allMatch(Verdict::kept) ? 0 : 1);
    }

    private static SupportRun run(SupportPage page, List<String> words) {
        String seed = value(words, "--random=", "");
        return seed.isEmpty()
                ? SupportRun.of(page)
                : SupportRun.random(
                        page,
                        Long.parseLong(seed),
                        Integer.parseInt(value(words, "--rounds=", "6")));
    }

    private static String value(List<String> words, String option, String otherwise) {
        return words.stream()
                .filter(it -> it.startsWith(option))
                .map(it -> it.substring(option.length()))
                .findFirst()
                .orElse(otherwise);
    }

    private static boolean matches(Example example, List<String> filters) {
        String text =
                (example.line() + " " + example.title() + " " + example.query())
                        .toLowerCase(Locale.ROOT);
        return filters.isEmpty() || filters.stream().anyMatch(text::contains);
    }
}
