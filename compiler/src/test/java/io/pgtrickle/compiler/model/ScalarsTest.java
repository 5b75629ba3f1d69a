package io.pgtrickle.compiler.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.compiler.plan.Expr;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalarsTest {

    @ParameterizedTest
    @CsvSource(
            nullValues = "unknown",
            value = {
                "true, AND, NULL, unknown",
                "NULL, AND, false, false",
                "false, AND, NULL, false",
                "true, AND, true, true",
                "NULL, OR, true, true",
                "false, OR, NULL, unknown",
                "false, OR, false, false",
                "1, =, NULL, unknown",
                "1, =, 1, true",
                "1, <>, 1, false",
                "NULL, <>, NULL, unknown",
                "1, <, 2, true",
                "2, <=, 2, true",
                "1, >, 2, false",
                "1, >=, 2, false",
                "NULL, IS NOT DISTINCT FROM, NULL, true",
                "1, IS NOT DISTINCT FROM, NULL, false",
                "1, IS DISTINCT FROM, 1, false",
                "NULL, IS DISTINCT FROM, 1, true",
            })
    void truthHasThreeValues(
            String left, String operator, String right, @Nullable Boolean expected) {
        assertThat(value(Expr.binary(literal(left), operator, literal(right)))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "unknown",
            value = {"1, +, 2, 3", "1, -, 2, -1", "-3, *, 2, -6", "1, +, NULL, unknown"})
    void arithmeticIsStrict(String left, String operator, String right, @Nullable Long expected) {
        assertThat(value(Expr.binary(literal(left), operator, literal(right)))).isEqualTo(expected);
    }

    @Test
    void conditionalsTakeTheFirstThatFits() {
        assertThat(value(template(List.of("COALESCE(", ", ", ")"), "NULL", "2"))).isEqualTo(2L);
        assertThat(value(template(List.of("COALESCE(", ", ", ")"), "1", "2"))).isEqualTo(1L);
        assertThat(
                        value(
                                template(
                                        List.of("CASE WHEN ", " THEN ", " ELSE ", " END"),
                                        "NULL",
                                        "1",
                                        "2")))
                .isEqualTo(2L);
        assertThat(
                        value(
                                template(
                                        List.of("CASE WHEN ", " THEN ", " ELSE ", " END"),
                                        "true",
                                        "1",
                                        "2")))
                .isEqualTo(1L);
    }

    @Test
    void nullIsTestedForNotCompared() {
        assertThat(value(template(List.of("", " IS NULL"), "NULL"))).isEqualTo(true);
        assertThat(value(template(List.of("", " IS NOT NULL"), "NULL"))).isEqualTo(false);
        assertThat(value(template(List.of("NOT ", ""), "NULL"))).isNull();
        assertThat(value(template(List.of("NOT ", ""), "false"))).isEqualTo(true);
    }

    @Test
    void anUnknownTemplateIsNamed() {
        assertThatThrownBy(() -> value(template(List.of("upper(", ")"), "NULL")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("upper($)");
        assertThatThrownBy(() -> value(literal("$ = $")))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnknownColumnIsNamed() {
        assertThatThrownBy(() -> value(new Expr.Ref("x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("x");
    }

    private static @Nullable Object value(Expr expr) {
        return Scalars.bind(expr, List.of()).of(Row.EMPTY);
    }

    private static Expr literal(String text) {
        return new Expr.Template(List.of(text), List.of());
    }

    private static Expr template(List<String> texts, String... arguments) {
        return new Expr.Template(texts, Stream.of(arguments).map(ScalarsTest::literal).toList());
    }
}
