package io.pgtrickle.tests.query;

import java.util.Locale;

/// Random values from small domains, so that duplicates and partners are common.
public final class Values {
    private static final String[] DIGITS = {
        "0",
        "1",
        "1.0",
        "1.00",
        "2",
        "2.50",
        "2.5",
        "-1.5",
        "-0.25",
        "3",
        "0.10000000000000000000",
        "7.125"
    };

    private Values() {}

    /// A value as SQL text with its type, or NULL with the given probability.
    public static String literal(Dice dice, Type type, double nulls) {
        return dice.chance(nulls) ? "NULL" : "'" + text(dice, type) + "'::" + type.sql();
    }

    /// A constant expression.
    public static Expr constant(Dice dice, Type type) {
        return dice.chance(0.03) ? Expr.nullOf(type) : Expr.constant(literal(dice, type, 0), type);
    }

    private static String text(Dice dice, Type type) {
        return switch (type) {
            case SMALLINT -> String.valueOf(small(dice));
            case INTEGER, BIGINT ->
                    String.valueOf(dice.chance(0.05) ? dice.between(-1000, 1000) : small(dice));
            case NUMERIC ->
                    dice.chance(0.06)
                            ? dice.oneOf("NaN", "Infinity", "-Infinity")
                            : dice.oneOf(DIGITS);
            case CENTS ->
                    dice.chance(0.03)
                            ? "NaN"
                            : dice.oneOf("0.00", "1.00", "2.50", "2.51", "-3.10", "19.99");
            case FLOAT ->
                    dice.chance(0.08)
                            ? dice.oneOf("NaN", "Infinity", "-Infinity", "-0")
                            : String.valueOf(small(dice));
            case TEXT ->
                    dice.oneOf("", "a", "A", "b", "ab", "a|b", "NULL", "ü", "it''s", "x y", "b ");
            case VARCHAR -> dice.oneOf("a", "b", "c", "ab", "long enough");
            case CHAR -> dice.oneOf("a", "b", "ab", "", "abcdef");
            case BOOL -> dice.oneOf("true", "false");
            case DATE ->
                    String.format(
                            Locale.ROOT, "2024-0%d-1%d", dice.between(1, 3), dice.between(0, 1));
            case TIMESTAMPTZ ->
                    String.format(
                            Locale.ROOT,
                            "2024-01-0%d 0%d:00:00+00",
                            dice.between(1, 3),
                            dice.between(0, 2));
            case AMOUNT -> dice.oneOf("1", "1.0", "1.00", "2.5", "-3", "40.10");
            case REAL -> dice.chance(0.05) ? dice.oneOf("NaN", "-0") : String.valueOf(small(dice));
            case INTERVAL -> dice.oneOf("1 day", "24:00:00", "2 days", "00:30:00", "-1 day");
            case MOOD -> dice.oneOf("sad", "ok", "happy");
            case RANGE -> dice.oneOf("[1,3)", "empty", "[2,5)", "(,4)");
            case ARRAY -> dice.oneOf("{}", "{1}", "{1,2}", "{NULL,1}", "[0:1]={1,2}");
            case UUID -> "00000000-0000-0000-0000-00000000000" + dice.between(0, 5);
            case TEXTS -> dice.oneOf("{}", "{a}", "{a,b}", "{NULL,b}");
            case PAIR -> dice.oneOf("(1,a)", "(1,)", "(2,a)", "(,b)");
            case MULTIRANGE -> dice.oneOf("{}", "{[1,3)}", "{[1,3),[5,8)}");
            case XML -> dice.oneOf("<a/>", "<b>1</b>");
            case RECORD -> "()";
            case JSONB, JSON ->
                    dice.oneOf(
                            "{\"a\": 1}",
                            "{\"a\": 1.0}",
                            "{\"a\": \"x\", \"b\": [1, 2]}",
                            "[]",
                            "\"s\"",
                            "null",
                            "{}");
        };
    }

    private static int small(Dice dice) {
        return dice.chance(0.4) ? dice.between(0, 2) : dice.between(-3, 9);
    }
}
