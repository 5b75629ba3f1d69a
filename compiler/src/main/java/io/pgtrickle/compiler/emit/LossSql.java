package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.delta.Differentiator;
import io.pgtrickle.compiler.plan.Monotonicity;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// The SQL that says whether pending changes take derivations of stored rows away.
public final class LossSql {
    private LossSql() {}

    /// A statement that says whether a stored row loses a derivation, one that it may get another
    /// one for included. Where the plan does not show that, it says whether a source loses a row,
    /// as far as the query reads it.
    ///
    /// @param window which rows of the buffers
    /// @param pending some of them not quiet
    /// @param members the `pg_class` OIDs of the stream tables of a cycle; nothing is pending for
    ///   them
    public static String statement(
            CompiledQuery query,
            StateTables states,
            ChangeWindow window,
            List<PendingChanges> pending,
            Set<Long> members) {
        List<PendingChanges> changes = pending.stream().filter(it -> !it.isQuiet()).toList();
        List<String> expressions = new ArrayList<>();
        query.captured()
                .forEach((relation, columns) ->
                        changes.stream()
                                .filter(it -> it.relation() == relation.oid())
                                .forEach(
                                        it -> expressions.addAll(it.expressions(window, columns))));
        Plan derivations = query.derivations();
        List<String> losses = new ArrayList<>();
        if (Monotonicity.showsDerivations(derivations, members)) {
            Set<Long> changed =
                    changes.stream().map(PendingChanges::relation).collect(Collectors.toSet());
            DeltaSql.Rendered rendered =
                    DeltaSql.render(Differentiator.differentiate(derivations, changed), states);
            expressions.addAll(rendered.expressions());
            losses.add("(" + rendered.select() + ")");
        } else {
            changes.forEach(it -> losses.add(PendingChanges.name(it.relation())));
        }
        return "WITH "
                + String.join(",\n", expressions)
                + "\nSELECT "
                + losses.stream().map(LossSql::hasLoss).collect(Collectors.joining(" OR "));
    }

    private static String hasLoss(String delta) {
        return "EXISTS (SELECT FROM " + delta + " AS d WHERE d." + Expressions.WEIGHT + " < 0)";
    }
}
