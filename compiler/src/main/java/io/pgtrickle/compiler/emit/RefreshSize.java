package io.pgtrickle.compiler.emit;

import io.pgtrickle.compiler.diagnostic.QueryTooComplex;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Optional;

/// How large the refresh statement of a query is.
///
/// Each relation of a join of n has a term that joins its change with all others, so the statement
/// grows with the square of the query, and PostgreSQL plans it anew for each refresh of another
/// size. Measured with PostgreSQL 18 on joins, outer joins, sub-queries and windows: planning a
/// statement of 200,000 characters takes a second and 300 MB, of 400,000 one to two seconds and 500
/// MB, of 600,000 four seconds and 1,100 MB, of 1,700,000 eleven seconds and 7 GB.
public final class RefreshSize {
    private static final int MAX_CHARACTERS = 500_000;

    /// What is larger is not even rendered to be measured.
    private static final long MAX_RELATIONS = 5_000;

    private RefreshSize() {}

    /// Refuses a query whose refresh statement, when all sources have changed, is too large for
    /// PostgreSQL.
    ///
    /// @throws QueryTooComplex for a query that had better be recomputed
    public static void require(CompiledQuery query) {
        long relations = query.plan().map(RefreshSize::reads).orElse(0L);
        if (relations > MAX_RELATIONS) {
            throw tooLarge("reads " + relations + " relations");
        }
        List<PendingChanges> all =
                query.captured().keySet().stream()
                        .map(it ->
                                PendingChanges.rounded(
                                        it.oid(),
                                        CaptureSql.of(it),
                                        1,
                                        1,
                                        Optional.empty(),
                                        PendingChanges.Bound.CERTAIN))
                        .toList();
        int characters =
                query.differentialRefresh(
                                Target.plain("t"),
                                new StateTables(0),
                                new ChangeWindow.Unapplied("'1:1:'::pg_snapshot"),
                                all,
                                Optional.empty())
                        .length();
        if (characters > MAX_CHARACTERS) {
            throw tooLarge("has " + characters + " characters");
        }
    }

    private static QueryTooComplex tooLarge(String how) {
        return new QueryTooComplex(
                "size of the refresh statement",
                "The statement that applies changes of all sources "
                        + how
                        + ", which takes PostgreSQL longer to plan than the query itself.");
    }

    /// How many relations the operators read again when something below them changes, about.
    private static long reads(Plan plan) {
        long below = plan.children().stream().mapToLong(RefreshSize::reads).sum();
        return switch (plan) {
            case Plan.Join join -> below + relations(join) * terms(join.kind());
            case Plan.Aggregate _, Plan.Distinct _, Plan.Window _, Plan.Limit _ ->
                    below + relations(plan);
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Recursive _,
                    Plan.Working _,
                    Plan.Stored _ ->
                    below;
        };
    }

    private static int terms(Plan.Join.Kind kind) {
        return switch (kind) {
            case INNER -> 1;
            case LEFT, SEMI, ANTI -> 2;
            case FULL -> 3;
        };
    }

    /// The relations that a plan reads, state tables for what is stored.
    private static long relations(Plan plan) {
        return plan instanceof Plan.Stored || plan instanceof Plan.Scan
                ? 1
                : plan.children().stream().mapToLong(RefreshSize::relations).sum();
    }
}
