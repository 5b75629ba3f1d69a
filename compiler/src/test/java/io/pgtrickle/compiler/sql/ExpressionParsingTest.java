package io.pgtrickle.compiler.sql;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Window;
import io.pgtrickle.compiler.sql.SqlExpr.Call;
import io.pgtrickle.compiler.sql.SqlExpr.Column;
import io.pgtrickle.compiler.sql.SqlExpr.Compound;
import io.pgtrickle.compiler.sql.SqlExpr.SubQuery;
import io.pgtrickle.compiler.sql.SqlExpr.SubQuery.Kind;
import io.pgtrickle.compiler.sql.SqlExpr.SyntaxAggregate;
import io.pgtrickle.compiler.sql.SqlExpr.Unsupported;
import io.pgtrickle.compiler.sql.SqlExpr.WholeRow;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionParsingTest {

    private static final SqlExpr A = column("a");
    private static final SqlExpr B = column("b");

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = ';',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "(a AND b); AND ",
                "a OR b; OR ",
                "(a = b); = ",
                "((a) <> (b)); <> ",
                "a || b; || ",
                "a ~~ b; ~~ ",
                "(a OPERATOR(pg_catalog.+) b); OPERATOR(pg_catalog.+) ",
                "(a IS DISTINCT FROM b); IS DISTINCT FROM ",
                "(a AT TIME ZONE b); AT TIME ZONE ",
                "a=b; = ",
            })
    void aBinaryOperatorIsATextBetweenTwoHoles(String text, String operator) {
        assertThat(parse(text)).isEqualTo(compound(List.of("", operator, ""), A, B));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = ';',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "(a IS NULL);; IS NULL",
                "(NOT a);NOT ;",
                "(- a);- ;",
                "(a)::numeric(10,2);;::numeric(10,2)",
                "a::pg_catalog.\"char\";;::pg_catalog.\"char\"",
                "(a COLLATE \"C\");; COLLATE \"C\"",
                "(a).f;(;).f",
                "EXTRACT(year FROM a);EXTRACT(year FROM ;)",
                "(a IS NFC NORMALIZED);; IS NFC NORMALIZED",
                "(a AT LOCAL);; AT LOCAL",
                "NORMALIZE(a, NFD);NORMALIZE(;, NFD)",
                "XMLPARSE(DOCUMENT a STRIP WHITESPACE);XMLPARSE(DOCUMENT ; STRIP WHITESPACE)",
                "JSON(a);JSON(;)",
                "JSON(a FORMAT JSON ENCODING UTF8);JSON(; FORMAT JSON ENCODING UTF8)",
                "JSON_VALUE(a FORMAT JSON, '$' RETURNING text);JSON_VALUE(; FORMAT JSON, '$' RETURNING text)",
            })
    void aFormWithOneOperandHasOneHole(
            String text, @Nullable String before, @Nullable String after) {
        assertThat(parse(text))
                .isEqualTo(
                        compound(
                                List.of(
                                        Objects.requireNonNullElse(before, ""),
                                        Objects.requireNonNullElse(after, "")),
                                A));
    }

    @Test
    void whiteSpaceCollapsesToOneSpace() {
        assertThat(parse("a\n  AND    b")).isEqualTo(compound(List.of("", " AND ", ""), A, B));
        assertThat(parse("EXTRACT(year\n FROM  a)"))
                .isEqualTo(compound(List.of("EXTRACT(year FROM ", ")"), A));
    }

    @Test
    void literalsHaveNoHoles() {
        assertThat(parse("'it''s (a) AND b'")).isEqualTo(SqlExpr.text("'it''s (a) AND b'"));
        assertThat(parse("1.5")).isEqualTo(SqlExpr.text("1.5"));
        assertThat(parse("CURRENT_TIMESTAMP(2)")).isEqualTo(SqlExpr.text("CURRENT_TIMESTAMP(2)"));
    }

    @Test
    void redundantParenthesesAreDropped() {
        assertThat(parse("(((a)))")).isEqualTo(A);
    }

    @Test
    void namesAreUnquoted() {
        assertThat(parse("\"Odd\"\"T\".\"select\""))
                .isEqualTo(new Column(Optional.of("Odd\"T"), "select"));
        assertThat(parse("t.name")).isEqualTo(new Column(Optional.of("t"), "name"));
    }

    @Test
    void wholeRowsAreRecognised() {
        assertThat(parse("t.*::public.t"))
                .isEqualTo(compound(List.of("", "::public.t"), new WholeRow("t")));
    }

    @Test
    void rowsKeepTheirParentheses() {
        assertThat(parse("ROW(a, b)")).isEqualTo(compound(List.of("ROW(", ", ", ")"), A, B));
        assertThat(parse("((a, b))")).isEqualTo(compound(List.of("(", ", ", ")"), A, B));
    }

    @Test
    void subscriptsAreHoles() {
        assertThat(parse("t.arr[a:b]"))
                .isEqualTo(
                        compound(
                                List.of("", "[", ":", "]"),
                                new Column(Optional.of("t"), "arr"),
                                A,
                                B));
        assertThat(parse("(a).f[b]")).isEqualTo(compound(List.of("(", ").f[", "]"), A, B));
    }

    @Test
    void caseIsACompound() {
        assertThat(parse("\n  CASE\n   WHEN a THEN b\n   ELSE a\n  END"))
                .isEqualTo(compound(List.of("CASE WHEN ", " THEN ", " ELSE ", " END"), A, B, A));
    }

    @Test
    void aCallKeepsItsDecorations() {
        SqlExpr text =
                parse("s.agg(DISTINCT a, b ORDER BY b DESC NULLS LAST) FILTER (WHERE (a IS NULL))");

        assertThat(text)
                .isEqualTo(
                        new Call(
                                Optional.of("s"),
                                "agg",
                                List.of(A, B),
                                false,
                                true,
                                List.of(new SortItem(B, "DESC NULLS LAST")),
                                Optional.of(compound(List.of("", " IS NULL"), A)),
                                Optional.empty(),
                                List.of()));
    }

    @Test
    void aWindowIsTakenApart() {
        Call call =
                (Call)
                        parse(
                                "sum(a) OVER (PARTITION BY a ORDER BY b DESC ROWS BETWEEN UNBOUNDED PRECEDING AND a FOLLOWING EXCLUDE TIES)");

        assertThat(call.over())
                .contains(
                        new Over.Inline(
                                new Window(
                                        Optional.empty(),
                                        List.of(A),
                                        List.of(new SortItem(B, "DESC")),
                                        Optional.of(
                                                compound(
                                                        List.of(
                                                                "ROWS BETWEEN UNBOUNDED PRECEDING AND ",
                                                                " FOLLOWING EXCLUDE TIES"),
                                                        A)))));
        assertThat(((Call) parse("rank() OVER \"W\"")).over()).contains(new Over.Named("W"));
        assertThat(((Call) parse("rank() OVER ()")).over())
                .contains(
                        new Over.Inline(
                                new Window(
                                        Optional.empty(), List.of(), List.of(), Optional.empty())));
    }

    @Test
    void withinGroupHoldsItsSortItems() {
        Call call = (Call) parse("rank(a) WITHIN GROUP (ORDER BY a DESC, b)");

        assertThat(call.withinGroup())
                .containsExactly(new SortItem(A, "DESC"), new SortItem(B, ""));
        assertThat(call.orderBy()).isEmpty();
    }

    @Test
    void groupingHasArguments() {
        assertThat(parse("GROUPING(a, b)")).isEqualTo(new SqlExpr.Grouping(List.of(A, B)));
    }

    @Test
    void countStarHasNoArguments() {
        Call call = (Call) parse("count(*)");

        assertThat(call.star()).isTrue();
        assertThat(call.arguments()).isEmpty();
    }

    @Test
    void decoratedArgumentsAreCompounds() {
        assertThat(((Call) parse("f(VARIADIC a)")).arguments())
                .containsExactly(compound(List.of("VARIADIC ", ""), A));
        assertThat(((Call) parse("f(x => a)")).arguments())
                .containsExactly(compound(List.of("x => ", ""), A));
    }

    @Test
    void inOverAQueryIsAny() {
        assertThat(subQuery("(a IN ( SELECT 1))"))
                .isEqualTo(new SubQuery(Kind.ANY, List.of(A), "=", one()));
        assertThat(subQuery("((a, b) IN ( SELECT 1))"))
                .isEqualTo(new SubQuery(Kind.ANY, List.of(A, B), "=", one()));
        assertThat(parse("(NOT (a IN ( SELECT 1)))"))
                .isEqualTo(
                        compound(
                                List.of("NOT ", ""),
                                new SubQuery(Kind.ANY, List.of(A), "=", one())))
                .isEqualTo(parse("a NOT IN (SELECT 1)"));
    }

    @Test
    void inOverAListIsACompound() {
        assertThat(parse("a IN (1, b)"))
                .isEqualTo(compound(List.of("", " IN (", ", ", ")"), A, SqlExpr.text("1"), B));
    }

    @Test
    void quantifiedComparisonsAreSubQueriesOverQueriesOnly() {
        assertThat(subQuery("(a >= ALL ( SELECT 1))"))
                .isEqualTo(new SubQuery(Kind.ALL, List.of(A), ">=", one()));
        assertThat(subQuery("(a OPERATOR(s.=) ANY ( SELECT 1))").operator())
                .isEqualTo("OPERATOR(s.=)");
        assertThat(parse("(a = ANY (b))")).isEqualTo(compound(List.of("", " = ANY (", ")"), A, B));
    }

    @Test
    void otherSubQueriesHaveNoLeftSide() {
        assertThat(subQuery("(EXISTS ( SELECT 1))"))
                .isEqualTo(new SubQuery(Kind.EXISTS, List.of(), "", one()));
        assertThat(subQuery("ARRAY( SELECT 1)"))
                .isEqualTo(new SubQuery(Kind.ARRAY, List.of(), "", one()));
        assertThat(subQuery("( SELECT 1)"))
                .isEqualTo(new SubQuery(Kind.SCALAR, List.of(), "", one()));
    }

    @Test
    void jsonAggregatesKeepTheirGrammarAsText() {
        assertThat(
                        parse(
                                "JSON_OBJECTAGG(a : b FORMAT JSON ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb) FILTER (WHERE a)"))
                .isEqualTo(
                        new SyntaxAggregate(
                                "JSON_OBJECTAGG",
                                compound(
                                        List.of(
                                                "JSON_OBJECTAGG(",
                                                " : ",
                                                " FORMAT JSON ABSENT ON NULL WITH UNIQUE KEYS RETURNING jsonb)"),
                                        A,
                                        B),
                                Optional.of(A),
                                Optional.empty()));
        assertThat(parse("JSON_ARRAYAGG(a ORDER BY b DESC NULL ON NULL RETURNING text) OVER w"))
                .isEqualTo(
                        new SyntaxAggregate(
                                "JSON_ARRAYAGG",
                                compound(
                                        List.of(
                                                "JSON_ARRAYAGG(",
                                                " ORDER BY ",
                                                " DESC NULL ON NULL RETURNING text)"),
                                        A,
                                        B),
                                Optional.empty(),
                                Optional.of(new Over.Named("w"))));
    }

    @Test
    void aJsonPathMayBeAnExpression() {
        assertThat(
                        parse(
                                "JSON_VALUE(a, (b)::jsonpath PASSING a AS x, b AS \"Y\" RETURNING timestamp with time zone DEFAULT lower('x') ON EMPTY ERROR ON ERROR)"))
                .isEqualTo(
                        compound(
                                List.of(
                                        "JSON_VALUE(",
                                        ", ",
                                        " PASSING ",
                                        " AS x, ",
                                        " AS \"Y\" RETURNING timestamp with time zone DEFAULT lower('x') ON EMPTY ERROR ON ERROR)"),
                                A,
                                compound(List.of("", "::jsonpath"), B),
                                A,
                                B));
        assertThat(parse("JSON_EXISTS(a, b UNKNOWN ON ERROR)"))
                .isEqualTo(compound(List.of("JSON_EXISTS(", ", ", " UNKNOWN ON ERROR)"), A, B));
    }

    /// They became keywords in PostgreSQL 17; before it printed them without quotes.
    @ParameterizedTest
    @ValueSource(strings = {"json_query", "json_value", "json_table", "json_scalar"})
    void aFunctionOfAUserMayHaveANewKeywordAsItsName(String name) {
        assertThat(((Call) parse("s." + name + "(a, b)")).name()).isEqualTo(name);
        assertThat(parse(name)).isEqualTo(column(name));
    }

    @Test
    void aJsonArrayMayBeEmpty() {
        assertThat(parse("JSON_ARRAY( RETURNING json)"))
                .isEqualTo(SqlExpr.text("JSON_ARRAY( RETURNING json)"));
        assertThat(parse("JSON_ARRAY()")).isEqualTo(SqlExpr.text("JSON_ARRAY()"));
    }

    @Test
    void aSubQueryInTheGrammarOfAConstructorIsUnsupported() {
        assertThat(parse("JSON_ARRAY(SELECT 1)"))
                .isEqualTo(new Unsupported("JSON_ARRAY", "JSON_ARRAY(SELECT 1)"));
    }

    private static SqlExpr parse(String expression) {
        return ((Body.Select) QueryParser.parse("SELECT " + expression + ";").body())
                .targets()
                .getFirst()
                .expression();
    }

    private static SubQuery subQuery(String expression) {
        return (SubQuery) parse(expression);
    }

    private static Query one() {
        return QueryParser.parse("SELECT 1");
    }

    private static Column column(String name) {
        return new Column(Optional.empty(), name);
    }

    private static Compound compound(List<String> texts, SqlExpr... arguments) {
        return new Compound(texts, List.of(arguments));
    }
}
