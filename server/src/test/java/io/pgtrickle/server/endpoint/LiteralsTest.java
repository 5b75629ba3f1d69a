package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LiteralsTest {
    /// As PostgreSQL's function writes it.
    private static String quoteLiteral(String text) {
        String quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'";
        return text.contains("\\") ? "E" + quoted : quoted;
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "'';",
                "'plain';plain",
                "'it''s';it's",
                "'''';'",
                "'''''';''",
                "'back\\slash';back\\slash",
                "E'back\\\\slash';back\\slash",
                "e'\\\\';\\",
                "E'\\\\''';\\'",
                "'ä😀';ä😀",
            },
            delimiter = ';',
            emptyValue = "")
    void isReadAsPostgresWritesIt(String literal, String text) {
        assertThat(Literals.read(literal)).hasValue(text == null ? "" : text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "'",
                "E'",
                "E",
                "text",
                "'open",
                "closed'",
                "'a'b'",
                "'a''",
                "'''",
                "E'\\'",
                "E'\\n'",
                "E'\\x41'",
                "E'it\\'s'",
                "'a' || 'b'",
                "$$a$$",
                "U&'a'",
                "B'1'",
                "'a'); DROP TABLE t; --'",
            })
    void anythingElseIsNoLiteral(String text) {
        assertThat(Literals.read(text)).isEmpty();
    }

    @Test
    void everyTextComesBack() {
        Random random = new Random(4);
        String alphabet = "a'\\\n \u00e4\u20ac";
        for (int i = 0; i < 2_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int length = random.nextInt(12); length > 0; length--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            assertThat(Literals.read(quoteLiteral(text.toString()))).hasValue(text.toString());
        }
    }
}
