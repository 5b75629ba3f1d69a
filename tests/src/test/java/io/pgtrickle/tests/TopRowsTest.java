package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.Alteration;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What the catalog says about queries that keep the first rows of an order.
final class TopRowsTest extends DatabaseTest {
    private static final String TOP =
            "SELECT topk_limit, topk_offset, topk_order_by FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 's'";

    @Test
    void theEndOfTheQueryIsInTheCatalog() {
        database.execute("CREATE TABLE t (a int, \"b\nc\" text)");
        tables.create(
                StreamTableDefinition.of(
                        "s",
                        "SELECT * FROM t ORDER BY a DESC, \"b\nc\" || 'x\ny' LIMIT 3 OFFSET 1"));
        assertThat(database.query(TOP).getFirst().subList(0, 2)).isEqualTo(List.of("3", "1"));
        assertThat(database.query(TOP).getFirst().get(2))
                .startsWith("a DESC, (")
                .contains("\"b\nc\" || 'x\ny'::text");
        assertThat(
                        database.value(
                                "SELECT is_topk FROM pgtrickle.stream_tables_info WHERE pgt_name = 's'"))
                .isEqualTo("t");
        for (String query :
                List.of(
                        "SELECT a FROM (SELECT a FROM t ORDER BY a LIMIT 2) q",
                        "SELECT a FROM t UNION ALL (SELECT a FROM t ORDER BY a LIMIT 2)",
                        "SELECT a, 'x\n  ORDER BY a\n LIMIT 2' AS text FROM t")) {
            tables.alter("s", Alteration.none().withQuery(query));
            assertThat(database.query(TOP))
                    .as(query)
                    .containsExactly(List.of("null", "null", "null"));
        }
        tables.alter(
                "s",
                Alteration.none()
                        .withQuery("SELECT a FROM t ORDER BY a FETCH FIRST 2 ROWS WITH TIES"));
        assertThat(database.query(TOP)).containsExactly(List.of("2", "null", "a"));
    }
}
