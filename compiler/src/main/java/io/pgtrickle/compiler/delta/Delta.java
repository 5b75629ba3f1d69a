package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The change of a plan as a Z-set expression: rows with weights, read from the pending changes of
/// the relations and from their *new* state. The old state is never read; where a rule needs it, it
/// is new minus delta.
///
/// A node may be shared by several parents; whoever evaluates it evaluates it once.
public sealed interface Delta {

    /// The columns of the rows; the weight is beside them.
    List<Column> columns();

    /// No change.
    record Nothing(List<Column> columns) implements Delta {
        public Nothing {
            columns = List.copyOf(columns);
        }
    }

    /// The pending changes of a relation.
    record Pending(Plan.Scan scan) implements Delta {
        @Override
        public List<Column> columns() {
            return scan.output();
        }
    }

    /// The rows for which the predicate is true, weights unchanged.
    record Filtered(Delta input, Expr predicate) implements Delta {
        @Override
        public List<Column> columns() {
            return input.columns();
        }
    }

    /// New columns for each row, weights unchanged.
    record Projected(Delta input, List<Plan.Assignment> assignments) implements Delta {
        public Projected {
            assignments = List.copyOf(assignments);
        }

        @Override
        public List<Column> columns() {
            return assignments.stream().map(Plan.Assignment::column).toList();
        }
    }

    /// Each row with what a set-returning FROM item makes of it, weights unchanged.
    record Expanded(Delta input, Plan.Expand operator) implements Delta {
        @Override
        public List<Column> columns() {
            return Stream.concat(input.columns().stream(), operator.expanded().stream()).toList();
        }
    }

    /// The rows with more columns, all NULL: those of `columns` that `input` does not have.
    record Padded(Delta input, List<Column> columns) implements Delta {
        public Padded {
            columns = List.copyOf(columns);
        }
    }

    /// The sum of the terms; the n-th column is the n-th of each term.
    record Sum(List<Term> terms, List<Column> columns) implements Delta {
        public Sum {
            terms = List.copyOf(terms);
            columns = List.copyOf(columns);
        }
    }

    /// A summand, added or subtracted.
    record Term(Sign sign, Delta delta) {}

    /// Whether a term is added or subtracted.
    enum Sign {
        PLUS,
        MINUS
    }

    /// One side of a product.
    sealed interface Side {
        /// The columns of the side.
        List<Column> columns();

        /// The change of the side.
        record Change(Delta delta) implements Side {
            @Override
            public List<Column> columns() {
                return delta.columns();
            }
        }

        /// The new state of the side, weight 1 a row.
        record Now(Plan plan) implements Side {
            @Override
            public List<Column> columns() {
                return plan.output();
            }
        }

        /// The old state of the side, weight 1 a row: of a plan that reads nothing that has changed
        /// but stored results.
        record Before(Plan plan) implements Side {
            @Override
            public List<Column> columns() {
                return plan.output();
            }
        }
    }

    /// The pairs for which the condition is true, weights multiplied.
    record Product(Side left, Side right, Expr condition) implements Delta {
        @Override
        public List<Column> columns() {
            return Stream.concat(left.columns().stream(), right.columns().stream()).toList();
        }
    }

    /// How many partners a row of a semi or anti join must have.
    enum Partners {
        SOME,
        NONE
    }

    /// The rows of `left` that had some or no partner in the old state of `right`. `rightChange` is
    /// empty when `right` has not changed.
    record Kept(
            Delta left, Plan right, Optional<Delta> rightChange, Expr condition, Partners partners)
            implements Delta {
        @Override
        public List<Column> columns() {
            return left.columns();
        }
    }

    /// The rows of the new state of `left` that have some or no partner in `right` now and had not
    /// before (weight +1), or had and have not any more (weight -1).
    record Flipped(Plan left, Plan right, Delta rightChange, Expr condition, Partners partners)
            implements Delta {
        @Override
        public List<Column> columns() {
            return left.output();
        }
    }

    /// The part of an operator's result that the change of its input touches: the operator over the
    /// rows whose keys occur in the change, as they are now (weight +1) and as they were (weight
    /// -1). Without keys all rows are touched.
    ///
    /// @param operator an aggregate, a window or a limit
    record Rekeyed(Plan operator, List<Column> keys, Delta inputChange) implements Delta {
        public Rekeyed {
            keys = List.copyOf(keys);
        }

        @Override
        public List<Column> columns() {
            return operator.output();
        }
    }

    /// The change of a result that is kept in a state table, which is brought up to date by it.
    ///
    /// @param inputChanges the changes of the operator's inputs, in their order; only its own
    ///   change when that is what is applied ([Plan.Stored#fromInputs])
    record Maintained(Plan.Stored stored, List<Delta> inputChanges) implements Delta {
        public Maintained {
            inputChanges = List.copyOf(inputChanges);
        }

        @Override
        public List<Column> columns() {
            return stored.output();
        }
    }

    /// The changes that this one is made from.
    default List<Delta> inputs() {
        return switch (this) {
            case Nothing _, Pending _ -> List.of();
            case Filtered filtered -> List.of(filtered.input());
            case Projected projected -> List.of(projected.input());
            case Expanded expanded -> List.of(expanded.input());
            case Padded padded -> List.of(padded.input());
            case Sum sum -> sum.terms().stream().map(Term::delta).toList();
            case Product product ->
                    Stream.of(product.left(), product.right())
                            .filter(Side.Change.class::isInstance)
                            .map(side -> ((Side.Change) side).delta())
                            .toList();
            case Kept kept ->
                    Stream.concat(Stream.of(kept.left()), kept.rightChange().stream()).toList();
            case Flipped flipped -> List.of(flipped.rightChange());
            case Rekeyed rekeyed -> List.of(rekeyed.inputChange());
            case Maintained maintained -> maintained.inputChanges();
        };
    }

    /// This change and all that it is made from.
    default Stream<Delta> all() {
        return Stream.concat(Stream.of(this), inputs().stream().flatMap(Delta::all));
    }

    /// Whether the old state of what has changed can be read, since every change comes from a state
    /// table.
    default boolean oldIsAtHand() {
        return switch (this) {
            case Pending _ -> false;
            case Maintained _ -> true;
            case Nothing _,
                    Filtered _,
                    Projected _,
                    Expanded _,
                    Padded _,
                    Sum _,
                    Product _,
                    Kept _,
                    Flipped _,
                    Rekeyed _ ->
                    inputs().stream().allMatch(Delta::oldIsAtHand);
        };
    }

    /// Whether nothing can have changed.
    default boolean isNothing() {
        return this instanceof Nothing;
    }
}
