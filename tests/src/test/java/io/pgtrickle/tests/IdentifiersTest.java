package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Names that need care.
final class IdentifiersTest extends DatabaseTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Upper",
                "with space",
                "quo\"te",
                "apo'strophe",
                "semi;colon",
                "dollar$1",
                "select",
                "größe",
                "日本語",
                "back\\slash",
                "question?",
                "per%s",
                "dotted.name",
                "a23456789_b23456789_c23456789_d23456789_e23456789_f23456789_abc",
                "ä3456789_b23456789_c23456789_d23456789_e23456789_f23456789_ab"
            })
    void everyNameCanBeSchemaTableColumnAndStreamTable(String name) {
        String quoted = '"' + name.replace("\"", "\"\"") + '"';
        String table = quoted + "." + quoted;
        database.execute(
                "CREATE SCHEMA " + quoted,
                "CREATE TABLE " + table + " (" + quoted + " int, other text)",
                "INSERT INTO " + table + " VALUES (1, 'a'), (1, 'b'), (NULL, 'c')");
        String rows = "SELECT " + quoted + ", other FROM " + table;
        String groups =
                "SELECT "
                        + quoted
                        + ", count(*) AS n FROM "
                        + table
                        + " AS "
                        + quoted
                        + " GROUP BY "
                        + quoted;
        create("public." + quoted, rows);
        create("\"public\".groups", groups);
        create("over", "SELECT count(" + quoted + ") AS " + quoted + " FROM public." + quoted);
        database.execute(
                "INSERT INTO " + table + " VALUES (2, 'x')",
                "UPDATE " + table + " SET " + quoted + " = 7 WHERE other = 'a'",
                "DELETE FROM " + table + " WHERE other = 'c'");
        assertThat(refresh("public." + quoted)).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("groups")).isEqualTo(Action.DIFFERENTIAL);
        assertThat(refresh("over")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("public." + quoted, rows);
        assertFresh("groups", groups);
        assertFresh("over", "SELECT count(" + quoted + ") AS " + quoted + " FROM public." + quoted);
        tables.drop("over", DropBehavior.RESTRICT);
        tables.drop("public." + quoted, DropBehavior.RESTRICT);
        tables.drop("groups", DropBehavior.RESTRICT);
        assertThat(tables.list()).isEmpty();
    }
}
