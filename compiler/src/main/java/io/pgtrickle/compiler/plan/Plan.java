package io.pgtrickle.compiler.plan;

import io.pgtrickle.compiler.catalog.Relation;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A relational operator over Z-sets: a tree whose leaves are the relations a query reads.
///
/// Columns are named, never numbered, and their names are unique within the tree. Every operator is
/// deterministic and a function of the multisets below it.
public sealed interface Plan {

    /// The columns of the result, in order.
    List<Column> output();

    /// The operators below, left to right.
    List<Plan> children();

    /// Operators with `op(a + b) = op(a) + op(b)`: their delta is themselves, applied to the delta.
    sealed interface Linear extends Plan {}

    /// The rows of a relation: each output column shows one of its columns.
    record Scan(Relation relation, List<Column> output, List<Relation.RelationColumn> sources)
            implements Plan {
        public Scan {
            output = List.copyOf(output);
            sources = List.copyOf(sources);
            if (output.size() != sources.size()) {
                throw new IllegalArgumentException("one source column an output column");
            }
        }

        @Override
        public List<Plan> children() {
            return List.of();
        }
    }

    /// One row of constants.
    record Constant(List<Assignment> assignments) implements Plan {
        public Constant {
            assignments = List.copyOf(assignments);
        }

        @Override
        public List<Column> output() {
            return assignments.stream().map(Assignment::column).toList();
        }

        @Override
        public List<Plan> children() {
            return List.of();
        }
    }

    /// The rows for which the predicate is true.
    record Filter(Plan input, Expr predicate) implements Linear {
        @Override
        public List<Column> output() {
            return input.output();
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }
    }

    /// One row of new columns for each row.
    record Project(Plan input, List<Assignment> assignments) implements Linear {
        public Project {
            assignments = List.copyOf(assignments);
        }

        @Override
        public List<Column> output() {
            return assignments.stream().map(Assignment::column).toList();
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }
    }

    /// A column and the expression that computes it.
    record Assignment(Column column, Expr expression) {}

    /// The rows of all branches. The n-th column of the output is the n-th of each branch.
    record UnionAll(List<Plan> branches, List<Column> output) implements Linear {
        public UnionAll {
            branches = List.copyOf(branches);
            output = List.copyOf(output);
        }

        @Override
        public List<Plan> children() {
            return branches;
        }
    }

    /// The pairs for which the condition is true; a left join adds each left row without a partner,
    /// extended with NULL.
    record Join(Kind kind, Plan left, Plan right, Expr condition) implements Plan {
        /// The kinds of join.
        public enum Kind {
            INNER,
            LEFT
        }

        @Override
        public List<Column> output() {
            Stream<Column> rights = right.output().stream();
            return Stream.concat(
                            left.output().stream(),
                            kind == Kind.LEFT ? rights.map(Column::nullable) : rights)
                    .toList();
        }

        @Override
        public List<Plan> children() {
            return List.of(left, right);
        }
    }

    /// One row a group: the keys, then the aggregates. Without keys there is exactly one row, also
    /// for no input. Keys are compared as GROUP BY does: NULL equals NULL.
    record Aggregate(Plan input, List<Column> keys, List<AggregateCall> calls) implements Plan {
        public Aggregate {
            keys = List.copyOf(keys);
            calls = List.copyOf(calls);
        }

        @Override
        public List<Column> output() {
            List<Column> columns = new ArrayList<>(keys);
            calls.forEach(call -> columns.add(call.result()));
            return List.copyOf(columns);
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }

        /// Whether there is one row for no input.
        public boolean global() {
            return keys.isEmpty();
        }
    }

    /// An aggregate over columns of the input.
    ///
    /// @param result the output column
    /// @param function which aggregate
    /// @param argument the aggregated column, empty for `count(*)`
    /// @param filter a boolean column of the input; only rows where it is true count
    record AggregateCall(
            Column result,
            AggregateFunction function,
            Optional<Column> argument,
            Optional<Column> filter) {}

    /// The aggregates that have a delta rule of their own.
    enum AggregateFunction {
        COUNT_ROWS,
        COUNT,
        SUM,
        AVG,
        MIN,
        MAX
    }

    /// Each distinct row once, compared as DISTINCT does: NULL equals NULL.
    record Distinct(Plan input) implements Plan {
        @Override
        public List<Column> output() {
            return input.output();
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }

        /// The same as a grouping of all columns without aggregates, which is how it is maintained.
        public Aggregate asAggregate() {
            return new Aggregate(input, input.output(), List.of());
        }
    }

    /// The scans of the tree, left to right.
    default Stream<Scan> scans() {
        return this instanceof Scan scan
                ? Stream.of(scan)
                : children().stream().flatMap(Plan::scans);
    }

    /// The names of the output columns.
    default List<String> outputNames() {
        return output().stream().map(Column::name).toList();
    }
}
