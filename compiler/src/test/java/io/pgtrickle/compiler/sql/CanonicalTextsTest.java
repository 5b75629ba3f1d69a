package io.pgtrickle.compiler.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The texts are what `pg_get_viewdef` of PostgreSQL 18 printed for one view of every shape.
class CanonicalTextsTest {

    /// Unquoted words of a compound's text that are in lower case: types, fields, window and
    /// argument names. A column of the probe tables among them would have been missed by the
    /// parser.
    private static final Pattern COLUMN_NAME =
            Pattern.compile(
                    "(?<![\\w.\"'])(id|a|b|d|ts|dt|js|comp|ok|iv|tid|v|z|[lopscnr]_[a-z]+)(?![\\w\"'(])");

    private static final Pattern LITERAL_OR_LABEL =
            Pattern.compile("'(?:[^']|'')*'|AS \\w+|(t|parser_probe)\\.\\w+|AS \\([^)]*\\)");

    static List<Path> texts() throws IOException, URISyntaxException {
        URL folder = Objects.requireNonNull(CanonicalTextsTest.class.getResource("/canonical"));
        try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
            return files.sorted().toList();
        }
    }

    @Test
    void thereAreEnoughTexts() throws Exception {
        assertThat(texts()).hasSizeGreaterThanOrEqualTo(180);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void everyTextMeansTheSameWhenPrintedAndParsedAgain(Path text) throws Exception {
        Query query = QueryParser.parse(Files.readString(text));

        assertThat(QueryParser.parse(TestPrinter.print(query))).isEqualTo(query);
    }

    @ParameterizedTest
    @MethodSource("texts")
    void nothingIsUnsupported(Path text) throws Exception {
        assertThat(QueryParser.parse(Files.readString(text)).toString())
                .doesNotContain("Unsupported[");
    }

    @ParameterizedTest
    @MethodSource("texts")
    void noColumnHidesInTheTextOfACompound(Path text) throws Exception {
        Query query = QueryParser.parse(Files.readString(text));

        assertThat(CompoundTexts.of(query))
                .allSatisfy(words ->
                        assertThat(LITERAL_OR_LABEL.matcher(words).replaceAll(""))
                                .doesNotContainPattern(COLUMN_NAME));
    }
}
