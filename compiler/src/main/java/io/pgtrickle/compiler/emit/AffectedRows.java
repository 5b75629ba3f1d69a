package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts.Equality;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.stream.Collectors;

/// The rows of a plan's current result whose keys occur in a set of keys: the plan semi-joined with
/// the keys.
final class AffectedRows {
    private AffectedRows() {}

    /// Selects the rows of `input` whose `keys` occur in `relation`, NULL being equal to NULL.
    ///
    /// `IN` lets the planner use indexes and hashes but never matches NULL. Keys with a NULL in
    /// them get a branch of their own, which is not even started when there are none.
    static String select(Plan input, List<Column> keys, String relation) {
        String head =
                "SELECT "
                        + Expressions.list("i", input.output())
                        + " FROM "
                        + PlanSql.from(input, "i")
                        + " WHERE ";
        if (keys.stream().anyMatch(key -> key.type().equality() == Equality.OF_EXTENSION)) {
            return head + exists(keys, relation, "true");
        }
        String plain =
                head
                        + "("
                        + Expressions.list("i", keys)
                        + ") IN (SELECT "
                        + Expressions.list("k", keys)
                        + " FROM "
                        + relation
                        + " AS k)";
        List<Column> nullable =
                keys.stream().filter(key -> key.nullability() == Nullability.NULLABLE).toList();
        if (nullable.isEmpty()) {
            return plain;
        }
        String isNull =
                nullable.stream()
                        .map(key -> "k." + Identifier.quote(key.name()) + " IS NULL")
                        .collect(Collectors.joining(" OR ", "(", ")"));
        return plain
                + "\n  UNION ALL "
                + head
                + "(SELECT count(*) FROM "
                + relation
                + " AS k WHERE "
                + isNull
                + ") > 0 AND "
                + exists(keys, relation, isNull);
    }

    private static String exists(List<Column> keys, String relation, String condition) {
        return "EXISTS (SELECT FROM "
                + relation
                + " AS k WHERE "
                + condition
                + " AND "
                + Expressions.sameKeys(keys, "i", "k")
                + ")";
    }
}
