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
    void functionsInFromAreText() {
        assertThat(from("LATERAL unnest(t.arr) WITH ORDINALITY e(v, n)"))
                .isEqualTo(
                        new FromItem.Other(
                                new Clause(
                                        "FROM function",
                                        "LATERAL unnest(t.arr) WITH ORDINALITY e(v, n)"),
                                Optional.of("e")));
        assertThat(((FromItem.Other) from("ROWS FROM(f(1), g(2)) r")).clause().construct())
                .isEqualTo("ROWS FROM");
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
        assertThat(right.right().trailing()).containsExactly(new Clause("LIMIT", "LIMIT 1"));
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
                            .containsExactly(
                                    new Clause("NOT MATERIALIZED", "NOT MATERIALIZED"),
                                    new Clause("SEARCH", "SEARCH DEPTH FIRST BY id SET o"),
                                    new Clause("CYCLE", "CYCLE id SET c USING p"));
                });
    }

    @Test
    void trailingClausesAreNamed() {
        assertThat(
                        QueryParser.parse(
                                        "SELECT a FROM t ORDER BY a LIMIT 1 OFFSET 2 FOR NO KEY UPDATE OF t")
                                .trailing())
                .extracting(Clause::construct)
                .containsExactly("LIMIT", "OFFSET", "FOR NO KEY UPDATE");
        assertThat(QueryParser.parse("SELECT a FROM t FETCH FIRST 3 ROWS WITH TIES").trailing())
                .containsExactly(new Clause("FETCH FIRST", "FETCH FIRST 3 ROWS WITH TIES"));
    }

    @Test
    void selectPartsDoNotMix() {
        Body.Select select =
                select(
                        """
                        SELECT DISTINCT ON (a, b) a, b AS "X", count(*) AS count FROM t WHERE c
                        GROUP BY a, CUBE(b), GROUPING SETS ((c), ()), rollup HAVING d WINDOW w AS (ORDER BY a), v AS ()\
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
                        new GroupItem.Sets(new Clause("CUBE", "CUBE(b)")),
                        new GroupItem.Sets(new Clause("GROUPING SETS", "GROUPING SETS ((c), ())")),
                        new GroupItem.Key(column("rollup")));
        assertThat(select.windows())
                .containsExactly(
                        new Clause("WINDOW", "w AS (ORDER BY a)"), new Clause("WINDOW", "v AS ()"));
    }

    @Test
    void groupByDistinctIsKeptWhole() {
        assertThat(select("SELECT a FROM t GROUP BY DISTINCT a, ROLLUP(a)").groupBy())
                .containsExactly(
                        new GroupItem.Sets(
                                new Clause("GROUP BY DISTINCT", "DISTINCT a, ROLLUP(a)")));
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

    private static SqlExpr column(String name) {
        return new SqlExpr.Column(Optional.empty(), name);
    }

    private static FromItem relation(Optional<String> schema, String name) {
        return new FromItem.Relation(schema, name, Optional.empty(), List.of(), List.of());
    }
}
