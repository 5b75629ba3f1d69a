package io.pgtrickle.compiler.plan;

import io.pgtrickle.compiler.catalog.Relation;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/// Whether a result only grows, row by row, when relations that it reads grow.
///
/// A plan is monotone in a relation when more rows of that relation never take a row of the result
/// away. Then equations between results have a least solution, and going on from the empty one
/// finds it (Tarski's fixpoint). An operator that is not monotone does no harm where it does not
/// read the relation: its result is the same in each round.
public final class Monotonicity {
    private final Predicate<Relation> growing;

    private Monotonicity(Predicate<Relation> growing) {
        this.growing = growing;
    }

    /// What keeps `plan` from being monotone in the relations with these `pg_class` OIDs, as people
    /// call it; empty when it is monotone in all of them.
    public static Optional<String> obstacle(Plan plan, Set<Long> relations) {
        return new Monotonicity(it -> relations.contains(it.relid())).obstacle(plan);
    }

    /// Whether each row of the delta of `plan`, which is monotone in these relations, is a
    /// derivation more or less, for as long as only other relations change. Stored results and semi
    /// joins show the first and the last derivation only.
    public static boolean showsDerivations(Plan plan, Set<Long> relations) {
        return plan.operators()
                .noneMatch(operator ->
                        switch (operator) {
                            case Plan.Stored _,
                                    Plan.Aggregate _,
                                    Plan.Distinct _,
                                    Plan.Recursive _,
                                    Plan.Window _,
                                    Plan.Limit _ ->
                                    true;
                            case Plan.Join join ->
                                    join.kind() == Plan.Join.Kind.SEMI
                                            && join.right()
                                                    .scans()
                                                    .anyMatch(it ->
                                                            relations.contains(
                                                                    it.relation().relid()));
                            case Plan.Scan _,
                                    Plan.Constant _,
                                    Plan.Working _,
                                    Plan.Filter _,
                                    Plan.Project _,
                                    Plan.Expand _,
                                    Plan.UnionAll _ ->
                                    false;
                        });
    }

    private Optional<String> obstacle(Plan plan) {
        Optional<String> below =
                plan.children().stream().flatMap(it -> obstacle(it).stream()).findFirst();
        return below.isPresent() ? below : own(plan);
    }

    private Optional<String> own(Plan plan) {
        return switch (plan) {
            case Plan.Scan _,
                    Plan.Constant _,
                    Plan.Working _,
                    Plan.Filter _,
                    Plan.Project _,
                    Plan.Expand _,
                    Plan.UnionAll _,
                    Plan.Distinct _,
                    Plan.Recursive _,
                    Plan.Stored _ ->
                    Optional.empty();
            case Plan.Join join -> obstacle(join);
            case Plan.Aggregate aggregate -> obstacle(aggregate);
            case Plan.Window window -> reading("window function", window.input());
            case Plan.Limit limit -> reading("LIMIT", limit.input());
        };
    }

    private Optional<String> obstacle(Plan.Join join) {
        return switch (join.kind()) {
            case INNER, SEMI -> Optional.empty();
            case LEFT -> reading("outer join", join.right());
            case FULL -> reading("outer join", join.left(), join.right());
            case ANTI -> reading("NOT EXISTS, NOT IN or ALL", join.right());
        };
    }

    /// A grouping without aggregates is a DISTINCT; without keys, it has a row for no input.
    private Optional<String> obstacle(Plan.Aggregate aggregate) {
        return aggregate.calls().isEmpty() && !aggregate.global()
                ? Optional.empty()
                : reading("aggregate, scalar sub-query, INTERSECT or EXCEPT", aggregate.input());
    }

    private Optional<String> reading(String construct, Plan... inputs) {
        return Stream.of(inputs).flatMap(Plan::scans).map(Plan.Scan::relation).anyMatch(growing)
                ? Optional.of(construct)
                : Optional.empty();
    }
}
