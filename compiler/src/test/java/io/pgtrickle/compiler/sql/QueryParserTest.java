package io.pgtrickle.compiler.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Body.SetOperation;
import io.pgtrickle.compiler.sql.Query.Body.SetOperation.Multiplicity;
import io.pgtrickle.compiler.sql.Query.Body.SetOperation.Operator;
import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.Query.JoinType;
import io.pgtrickle.compiler.sql.Query.Lateral;
import io.pgtrickle.compiler.sql.Query.Limit;
import io.pgtrickle.compiler.sql.Query.NamedWindow;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Window;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QueryParserTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "SELECT 1 FROM",
                "SELECT (1",
                "SELECT 'x",
                "SELECT 1; SELECT 2",
                "SELECT 1 2",
                "DELETE FROM t",
                "SELECT \u0000",
                "TABLE t",
                "SELECT a[1].* FROM t",
                "SELECT 1 FROM t NATURAL JOIN u",
                "SELECT \"x"
            })
    void whatIsNoCanonicalQueryIsRefused(String text) {
        assertThatExceptionOfType(QueryParseException.class)
                .isThrownBy(() -> QueryParser.parse(text));
    }

    @Test
    void anErrorNamesItsPlace() {
        assertThatExceptionOfType(QueryParseException.class)
                .isThrownBy(() -> QueryParser.parse("SELECT a\nFROM t WHERE WHERE"))
                .satisfies(e -> {
                    assertThat(e.line()).isEqualTo(2);
                    assertThat(e.column()).isEqualTo(13);
                    assertThat(e).hasMessageContaining("WHERE");
                });
    }

    @Test
    void joinTreesKeepTheirShape() {
        FromItem.Join outer =
                (FromItem.Join)
                        from("(s.t LEFT JOIN (u CROSS JOIN \"W x\" w(p, q)) ON ((t.a = u.a)))");
        FromItem.Join inner = (FromItem.Join) outer.right();

        assertThat(outer.type()).isEqualTo(JoinType.LEFT);
        assertThat(outer.left()).isEqualTo(relation(Optional.of("s"), "t"));
        assertThat(outer.condition()).isInstanceOf(JoinCondition.On.class);
        assertThat(inner.type()).isEqualTo(JoinType.CROSS);
        assertThat(inner.condition()).isEqualTo(new JoinCondition.None());
        assertThat(inner.right())
                .isEqualTo(
                        new FromItem.Relation(
                                Optional.empty(),
                                "W x",
                                Optional.of("w"),
                                List.of("p", "q"),
                                List.of()));
    }

    @Test
    void usingKeepsItsColumnsAndAlias() {
        FromItem.Join join = (FromItem.Join) from("(t FULL JOIN u USING (id, \"B\") AS j) k(x)");

        assertThat(join.condition())
                .isEqualTo(new JoinCondition.Using(List.of("id", "B"), Optional.of("j")));
        assertThat(join.alias()).contains("k");
        assertThat(join.columnAliases()).containsExactly("x");
    }

    @Test
    void relationsKeepOnlyAndTablesample() {
        FromItem.Relation relation =
                (FromItem.Relation) from("ONLY t x TABLESAMPLE system (10) REPEATABLE (3)");

        assertThat(relation.clauses())
                .containsExactly(
                        new Clause("ONLY", "ONLY"),
                        new Clause("TABLESAMPLE", "TABLESAMPLE system (10) REPEATABLE (3)"));
    }

    @Test
    void functionsInFromKeepTheirExpressionsAsHoles() {
        assertThat(from("LATERAL unnest(t.arr) WITH ORDINALITY e(v, \"N x\")"))
                .isEqualTo(
                        new FromItem.Rows(
                                compound(List.of("unnest(", ")"), column("t", "arr")),
                                Lateral.YES,
                                true,
                                Optional.of("e"),
                                List.of("v", "N x"),
                                Optional.empty(),
                                false));
        assertThat(rows("s.\"F\"(VARIADIC a, ( SELECT 1)) f").item())
                .isEqualTo(
                        compound(
                                List.of("s.\"F\"(VARIADIC ", ", ", ")"),
                                column("a"),
                                new SqlExpr.SubQuery(
                                        SqlExpr.SubQuery.Kind.SCALAR,
                                        List.of(),
                                        "",
                                        QueryParser.parse("SELECT 1"))));
        assertThat(rows("f() f").columns()).isEmpty();
    }

    @Test
    void columnDefinitionsNameTheColumns() {
        FromItem.Rows rows = rows("rec(a) AS q(x integer, \"Y\" numeric(10,2)[])");

        assertThat(rows.item()).isEqualTo(compound(List.of("rec(", ")"), column("a")));
        assertThat(rows.alias()).contains("q");
        assertThat(rows.columns()).containsExactly("x", "Y");
        assertThat(rows.columnDefinitions()).contains("x integer, \"Y\" numeric(10,2)[]");
    }

    @Test
    void columnDefinitionsMayHaveCollations() {
        assertThat(
                        rows(
                                "rec(lower((a COLLATE \"C\"))) q(x text COLLATE \"C\", y character varying(3) COLLATE s.\"D\", z integer)"))
                .satisfies(rows -> {
                    assertThat(rows.columns()).containsExactly("x", "y", "z");
                    assertThat(rows.columnDefinitions())
                            .contains(
                                    "x text COLLATE \"C\", y character varying(3) COLLATE s.\"D\", z integer");
                    assertThat(((SqlExpr.Compound) rows.item()).arguments()).hasSize(1);
                });
    }

    @Test
    void rowsFromHoldsAllItsFunctions() {
        assertThat(from("LATERAL ROWS FROM(f(a), g(b) AS (x integer)) WITH ORDINALITY r(p, q, n)"))
                .isEqualTo(
                        new FromItem.Rows(
                                compound(
                                        List.of("ROWS FROM(f(", "), g(", ") AS (x integer))"),
                                        column("a"),
                                        column("b")),
                                Lateral.YES,
                                true,
                                Optional.of("r"),
                                List.of("p", "q", "n"),
                                Optional.empty(),
                                false));
    }

    @Test
    void jsonTableNamesItsColumnsItself() {
        FromItem.Rows rows =
                rows(
                        """
                        LATERAL JSON_TABLE(t.js, '$[*]' AS root PASSING a AS p COLUMNS (
                          n FOR ORDINALITY, id integer PATH '$."id"' DEFAULT b ON EMPTY,
                          NESTED PATH '$."k"[*]' AS k COLUMNS (
                            "K k" text PATH '$."kk"', NESTED PATH '$' AS l COLUMNS (z boolean EXISTS PATH '$')),
                          NESTED PATH '$."m"' AS m COLUMNS (y jsonb PATH '$')) ERROR ON ERROR) jt\
                        """);

        assertThat(rows.columns()).containsExactly("n", "id", "K k", "z", "y");
        assertThat(rows.namedByItself()).isTrue();
        assertThat(rows.alias()).contains("jt");
        assertThat(((SqlExpr.Compound) rows.item()).arguments())
                .containsExactly(column("t", "js"), column("a"), column("b"));
    }

    @Test
    void xmlTableNamesItsColumnsItself() {
        FromItem.Rows rows =
                rows(
                        """
                        LATERAL XMLTABLE(XMLNAMESPACES (a AS xx), ('/r'::text) PASSING (t.x)
                        COLUMNS n FOR ORDINALITY, id integer PATH ('@id'::text) NOT NULL,
                        nm text DEFAULT (b) PATH (c), "D" text DEFAULT (d)) xt\
                        """);

        assertThat(rows.columns()).containsExactly("n", "id", "nm", "D");
        assertThat(rows.namedByItself()).isTrue();
        assertThat(rows.item())
                .isEqualTo(
                        compound(
                                List.of(
                                        "XMLTABLE(XMLNAMESPACES (",
                                        " AS xx), ",
                                        " PASSING ",
                                        " COLUMNS n FOR ORDINALITY, id integer PATH ",
                                        " NOT NULL, nm text DEFAULT ",
                                        " PATH ",
                                        ", \"D\" text DEFAULT ",
                                        ")"),
                                column("a"),
                                compound(List.of("", "::text"), SqlExpr.text("'/r'")),
                                column("t", "x"),
                                compound(List.of("", "::text"), SqlExpr.text("'@id'")),
                                column("b"),
                                column("c"),
                                column("d")));
    }

    @Test
    void subSelectsMayBeLateral() {
        FromItem.SubSelect item = (FromItem.SubSelect) from("LATERAL ( SELECT 1) l(x)");

        assertThat(item.lateral()).isEqualTo(Lateral.YES);
        assertThat(item.columnAliases()).containsExactly("x");
    }

    @Test
    void intersectBindsTighterThanUnion() {
        SetOperation union =
                (SetOperation)
                        QueryParser.parse("SELECT 1 UNION SELECT 2 INTERSECT ALL SELECT 3").body();
        SetOperation right = (SetOperation) union.right().body();

        assertThat(union.operator()).isEqualTo(Operator.UNION);
        assertThat(union.multiplicity()).isEqualTo(Multiplicity.DISTINCT);
        assertThat(right.operator()).isEqualTo(Operator.INTERSECT);
        assertThat(right.multiplicity()).isEqualTo(Multiplicity.ALL);
    }

    @Test
    void setOperationsGroupFromTheLeftUnlessParenthesised() {
        SetOperation left =
                (SetOperation)
                        QueryParser.parse("SELECT 1 EXCEPT SELECT 2 UNION ALL SELECT 3").body();
        SetOperation right =
                (SetOperation)
                        QueryParser.parse("SELECT 1 EXCEPT (SELECT 2 UNION ALL SELECT 3 LIMIT 1)")
                                .body();

        assertThat(left.operator()).isEqualTo(Operator.UNION);
        assertThat(right.operator()).isEqualTo(Operator.EXCEPT);
        assertThat(right.right().limit())
                .contains(limit(Optional.of("1"), Optional.empty(), false));
    }

    @Test
    void withKeepsMarkersSearchAndCycle() {
        Query query =
                QueryParser.parse(
                        """
                        WITH RECURSIVE r(id) AS NOT MATERIALIZED (SELECT 1)
                        SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING p
                        SELECT r.id FROM r\
                        """);

        assertThat(query.recursive()).isTrue();
        assertThat(query.with())
                .singleElement()
                .satisfies(table -> {
                    assertThat(table.name()).isEqualTo("r");
                    assertThat(table.columnAliases()).containsExactly("id");
                    assertThat(table.clauses())
                            .containsExactly(new Clause("NOT MATERIALIZED", "NOT MATERIALIZED"));
                    assertThat(table.search())
                            .contains(new Query.Search(false, List.of("id"), "o"));
                    assertThat(table.cycle())
                            .contains(
                                    new Query.Cycle(
                                            List.of("id"),
                                            "c",
                                            SqlExpr.text("true"),
                                            SqlExpr.text("false"),
                                            "p"));
                });
    }

    @Test
    void cycleKeepsItsMarks() {
        Query.CommonTable table =
                QueryParser.parse(
                                """
                                WITH RECURSIVE r(id, b) AS (SELECT 1, 2)
                                SEARCH BREADTH FIRST BY id, b SET "O"
                                CYCLE id, b SET c TO 'Y'::text DEFAULT 'N'::text USING "P"
                                SELECT r.id FROM r\
                                """)
                        .with()
                        .getFirst();

        assertThat(table.search()).contains(new Query.Search(true, List.of("id", "b"), "O"));
        assertThat(table.cycle())
                .contains(
                        new Query.Cycle(
                                List.of("id", "b"),
                                "c",
                                compound(List.of("", "::text"), SqlExpr.text("'Y'")),
                                compound(List.of("", "::text"), SqlExpr.text("'N'")),
                                "P"));
    }

    @Test
    void limitsAreTakenApart() {
        Query query =
                QueryParser.parse(
                        "SELECT a FROM t ORDER BY a LIMIT 1 OFFSET 2 FOR NO KEY UPDATE OF t");

        assertThat(query.limit()).contains(limit(Optional.of("1"), Optional.of("2"), false));
        assertThat(query.trailing())
                .containsExactly(new Clause("FOR NO KEY UPDATE", "FOR NO KEY UPDATE OF t"));
        assertThat(limit("OFFSET 2 FETCH FIRST (3) ROWS WITH TIES"))
                .contains(limit(Optional.of("3"), Optional.of("2"), true));
        assertThat(limit("FETCH FIRST ROW ONLY"))
                .contains(limit(Optional.of("1"), Optional.empty(), false));
        assertThat(limit("OFFSET 2 LIMIT ALL"))
                .contains(limit(Optional.empty(), Optional.of("2"), false));
        assertThat(limit("LIMIT ALL")).isEmpty();
        assertThat(limit("LIMIT NULL")).isEmpty();
        assertThatExceptionOfType(QueryParseException.class)
                .isThrownBy(() -> QueryParser.parse("(SELECT a FROM t LIMIT 1) LIMIT 2"));
    }

    @Test
    void sortItemsKeepWhatFollowsTheExpression() {
        assertThat(
                        QueryParser.parse(
                                        "SELECT a FROM t ORDER BY a, b  DESC  NULLS LAST, c USING OPERATOR(s.>), d NULLS FIRST")
                                .orderBy())
                .containsExactly(
                        new SortItem(column("a"), ""),
                        new SortItem(column("b"), "DESC NULLS LAST"),
                        new SortItem(column("c"), "USING OPERATOR(s.>)"),
                        new SortItem(column("d"), "NULLS FIRST"));
    }

    @Test
    void selectPartsDoNotMix() {
        Body.Select select =
                select(
                        """
                        SELECT DISTINCT ON (a, b) a, b AS "X", count(*) AS count FROM t WHERE c
                        GROUP BY a, CUBE(b), GROUPING SETS ((c), ()), rollup HAVING d WINDOW w AS (ORDER BY a), "V" AS (w ROWS b PRECEDING)\
                        """);

        assertThat(select.distinct()).isEqualTo(new Distinct.On(List.of(column("a"), column("b"))));
        assertThat(select.targets())
                .extracting(Query.Target::alias)
                .containsExactly(Optional.empty(), Optional.of("X"), Optional.of("count"));
        assertThat(select.where()).contains(column("c"));
        assertThat(select.having()).contains(column("d"));
        assertThat(select.groupBy())
                .containsExactly(
                        new GroupItem.Key(column("a")),
                        new GroupItem.Cube(List.of(List.of(column("b")))),
                        new GroupItem.GroupingSets(
                                List.of(new GroupItem.Key(column("c")), new GroupItem.Empty())),
                        new GroupItem.Key(column("rollup")));
        assertThat(select.groupDistinct()).isFalse();
        assertThat(select.windows())
                .containsExactly(
                        new NamedWindow(
                                "w",
                                new Window(
                                        Optional.empty(),
                                        List.of(),
                                        List.of(new SortItem(column("a"), "")),
                                        Optional.empty())),
                        new NamedWindow(
                                "V",
                                new Window(
                                        Optional.of("w"),
                                        List.of(),
                                        List.of(),
                                        Optional.of(
                                                compound(
                                                        List.of("ROWS ", " PRECEDING"),
                                                        column("b"))))));
    }

    @Test
    void groupingSetsNest() {
        assertThat(
                        select(
                                        "SELECT a FROM t GROUP BY GROUPING SETS (ROLLUP(a, (b, c)), CUBE((a, b), c), (a, b), (c), (), GROUPING SETS (a)), (a, b)")
                                .groupBy())
                .containsExactly(
                        new GroupItem.GroupingSets(
                                List.of(
                                        new GroupItem.Rollup(
                                                List.of(
                                                        List.of(column("a")),
                                                        List.of(column("b"), column("c")))),
                                        new GroupItem.Cube(
                                                List.of(
                                                        List.of(column("a"), column("b")),
                                                        List.of(column("c")))),
                                        new GroupItem.Keys(List.of(column("a"), column("b"))),
                                        new GroupItem.Key(column("c")),
                                        new GroupItem.Empty(),
                                        new GroupItem.GroupingSets(
                                                List.of(new GroupItem.Key(column("a")))))),
                        new GroupItem.Keys(List.of(column("a"), column("b"))));
    }

    @Test
    void groupByDistinctIsAFlag() {
        Body.Select select = select("SELECT a FROM t GROUP BY DISTINCT a, ROLLUP(a)");

        assertThat(select.groupDistinct()).isTrue();
        assertThat(select.groupBy())
                .containsExactly(
                        new GroupItem.Key(column("a")),
                        new GroupItem.Rollup(List.of(List.of(column("a")))));
    }

    @Test
    void valuesAreRows() {
        assertThat(QueryParser.parse(" VALUES (1,'a'), (2,'b');").body())
                .isEqualTo(
                        new Body.Values(
                                List.of(
                                        List.of(SqlExpr.text("1"), SqlExpr.text("'a'")),
                                        List.of(SqlExpr.text("2"), SqlExpr.text("'b'")))));
    }

    private static Body.Select select(String text) {
        return (Body.Select) QueryParser.parse(text).body();
    }

    private static FromItem from(String item) {
        return select("SELECT 1 FROM " + item).from().getFirst();
    }

    private static FromItem.Rows rows(String item) {
        return (FromItem.Rows) from(item);
    }

    private static Optional<Limit> limit(String clause) {
        return QueryParser.parse("SELECT a FROM t ORDER BY a " + clause).limit();
    }

    private static Limit limit(Optional<String> count, Optional<String> offset, boolean ties) {
        return new Limit(count.map(SqlExpr::text), offset.map(SqlExpr::text), ties);
    }

    private static SqlExpr compound(List<String> texts, SqlExpr... arguments) {
        return new SqlExpr.Compound(texts, List.of(arguments));
    }

    private static SqlExpr column(String qualifier, String name) {
        return new SqlExpr.Column(Optional.of(qualifier), name);
    }

    private static SqlExpr column(String name) {
        return new SqlExpr.Column(Optional.empty(), name);
    }

    private static FromItem relation(Optional<String> schema, String name) {
        return new FromItem.Relation(schema, name, Optional.empty(), List.of(), List.of());
    }
}
