package io.pgtrickle.runtime.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgtrickle.runtime.catalog.QualifiedName;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlertTest {
    @Test
    void withoutDetailsItIsTheEventAndItsStreamTable() throws JsonProcessingException {
        JsonNode json = json(new Alert("resumed", name("a \"b\""), details("", 0)));
        assertThat(json.get("event").asText()).isEqualTo("resumed");
        assertThat(json.get("pgt_schema").asText()).isEqualTo("public");
        assertThat(json.get("pgt_name").asText()).isEqualTo("a \"b\"");
        assertThat(json.get("st").asText()).isEqualTo("public.a \"b\"");
    }

    /// Texts whose characters take one byte, several, two code units, or six bytes when escaped.
    @ParameterizedTest
    @ValueSource(
            strings = {"x", "\u00e4", "\u6f22", "\ud83d\ude00", "\u0001", "\"", "a\ud83d\ude00"})
    void longTextsAreShortenedAndItStaysJson(String part) throws JsonProcessingException {
        for (int length : new int[] {1000, 7700, 7900, 8000, 20_000, 100_000}) {
            Alert alert = new Alert("refresh_failed", name("t"), details(part, length));
            assertThat(alert.payload().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(7901);
            JsonNode json = json(alert);
            assertThat(json.get("event").asText()).isEqualTo("refresh_failed");
            assertThat(json.get("after").asInt()).isEqualTo(5);
            String text = json.get("error").asText();
            String whole = part.repeat(length / part.length());
            if (!text.equals(whole)) {
                assertThat(text).endsWith("...");
                String kept = text.substring(0, text.length() - 3);
                assertThat(whole).startsWith(kept);
                assertThat(kept.codePoints()).noneMatch(it -> it >= 0xd800 && it <= 0xdfff);
                assertThat(alert.payload().getBytes(StandardCharsets.UTF_8))
                        .as("not much more than necessary")
                        .hasSizeGreaterThan(3900);
            }
        }
    }

    private static JsonNode details(String part, int length) {
        String text = part.isEmpty() ? "" : part.repeat(length / part.length());
        return JsonNodeFactory.instance.objectNode().put("error", text).put("after", 5);
    }

    private static QualifiedName name(String name) {
        return new QualifiedName("public", name);
    }

    private static JsonNode json(Alert alert) throws JsonProcessingException {
        return new ObjectMapper().readTree(alert.payload());
    }
}
