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
    }

    /// The pairs for which the condition is true, weights multiplied.
    record Product(Side left, Side right, Expr condition) implements Delta {
        @Override
        public List<Column> columns() {
            return Stream.concat(left.columns().stream(), right.columns().stream()).toList();
        }
    }

    /// The rows of `left` that had no partner in the old state of `right`, extended with NULL.
    /// `rightChange` is empty when `right` has not changed.
    record Unmatched(Delta left, Plan right, Optional<Delta> rightChange, Expr condition)
            implements Delta {
        @Override
        public List<Column> columns() {
            return Stream.concat(
                            left.columns().stream(), right.output().stream().map(Column::nullable))
                    .toList();
        }
    }

    /// The rows of the new state of `left` that lost their last partner in `right` (weight +1) or
    /// found their first (weight -1), extended with NULL.
    record Flipped(Plan left, Plan right, Delta rightChange, Expr condition) implements Delta {
        @Override
        public List<Column> columns() {
            return Stream.concat(
                            left.output().stream(), right.output().stream().map(Column::nullable))
                    .toList();
        }
    }

    /// The groups that the change of the aggregate's input touches: recomputed now (weight +1) and
    /// as they were (weight -1).
    record Regrouped(Plan.Aggregate aggregate, Delta inputChange) implements Delta {
        @Override
        public List<Column> columns() {
            return aggregate.output();
        }
    }

    /// Whether nothing can have changed.
    default boolean isNothing() {
        return this instanceof Nothing;
    }
}
