package io.pgtrickle.compiler.plan;

import io.pgtrickle.compiler.catalog.Relation;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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

    /// Each row with each row that a set-returning FROM item makes of it; `LEFT` keeps a row for
    /// which the item gives nothing that fulfils the condition, extended with NULL.
    ///
    /// @param item a FROM item over the columns of the input, without alias
    /// @param columns the columns of the item, in order
    /// @param condition over the columns of both
    record Expand(Plan input, Join.Kind kind, Expr item, List<Column> columns, Expr condition)
            implements Linear {
        public Expand {
            columns = List.copyOf(columns);
            if (kind != Join.Kind.INNER && kind != Join.Kind.LEFT) {
                throw new IllegalArgumentException("a row is expanded by INNER or LEFT");
            }
        }

        @Override
        public List<Column> output() {
            return Stream.concat(input.output().stream(), expanded().stream()).toList();
        }

        /// The columns of the item as the output shows them.
        public List<Column> expanded() {
            return kind == Join.Kind.LEFT
                    ? columns.stream().map(Column::nullable).toList()
                    : columns;
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }
    }

    /// The pairs for which the condition is true. A left join adds each left row without a partner,
    /// extended with NULL; a full join those of both sides. A semi join has each left row that has
    /// a partner, an anti join each that has none.
    record Join(Kind kind, Plan left, Plan right, Expr condition) implements Plan {
        /// The kinds of join.
        public enum Kind {
            INNER,
            LEFT,
            FULL,
            SEMI,
            ANTI;

            /// Whether the result has the columns of the right side.
            public boolean showsRight() {
                return this != SEMI && this != ANTI;
            }
        }

        @Override
        public List<Column> output() {
            List<Column> lefts = left.output();
            if (!kind.showsRight()) {
                return lefts;
            }
            return Stream.concat(
                            kind == Kind.FULL
                                    ? lefts.stream().map(Column::nullable)
                                    : lefts.stream(),
                            kind == Kind.INNER
                                    ? right.output().stream()
                                    : right.output().stream().map(Column::nullable))
                    .toList();
        }

        @Override
        public List<Plan> children() {
            return List.of(left, right);
        }

        /// The same join of other inputs.
        public Join of(Plan newLeft, Plan newRight) {
            return new Join(kind, newLeft, newRight, condition);
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
    /// @param argument the aggregated column; empty for `count(*)` and for
    ///   [AggregateFunction#OTHER]
    /// @param filter a boolean column of the input; only rows where it is true count
    /// @param text the call without its filter, over columns of the input, for
    ///   [AggregateFunction#OTHER]: a function of the multiset of the rows
    record AggregateCall(
            Column result,
            AggregateFunction function,
            Optional<Column> argument,
            Optional<Column> filter,
            Optional<Expr> text) {

        /// A call of an aggregate with a rule of its own.
        public AggregateCall(
                Column result,
                AggregateFunction function,
                Optional<Column> argument,
                Optional<Column> filter) {
            this(result, function, argument, filter, Optional.empty());
        }

        /// The names of the columns that the call reads.
        public Set<String> columns() {
            Set<String> read = new LinkedHashSet<>();
            argument.ifPresent(column -> read.add(column.name()));
            filter.ifPresent(column -> read.add(column.name()));
            text.ifPresent(expr -> read.addAll(expr.columns()));
            return read;
        }
    }

    /// The aggregates that have a delta rule of their own, and all others.
    enum AggregateFunction {
        COUNT_ROWS,
        COUNT,
        SUM,
        AVG,
        MIN,
        MAX,
        OTHER
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

    /// Each row with the values of window functions over its partition.
    ///
    /// Rows that the order does not tell apart are taken in the order of their images, so that the
    /// result is a function of the multiset.
    ///
    /// @param partition columns of the input; NULL equals NULL
    /// @param order the order within a partition
    /// @param frame the frame clause, if there is one
    /// @param calls the results and the calls without OVER, over the columns of the input
    record Window(
            Plan input,
            List<Column> partition,
            List<SortKey> order,
            Optional<Expr> frame,
            List<Assignment> calls)
            implements Plan {
        public Window {
            partition = List.copyOf(partition);
            order = List.copyOf(order);
            calls = List.copyOf(calls);
        }

        @Override
        public List<Column> output() {
            return Stream.concat(input.output().stream(), calls.stream().map(Assignment::column))
                    .toList();
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }
    }

    /// A column of the input and how it is sorted: nothing, `DESC`, `NULLS FIRST` and the like.
    record SortKey(Column column, String direction) {}

    /// Of each partition the first rows in an order, after some that are skipped. Rows that the
    /// order does not tell apart are taken in the order of their images.
    ///
    /// @param partition columns of the input; NULL equals NULL
    /// @param count how many, without columns; NULL or empty for all
    /// @param offset how many are skipped, without columns
    /// @param ties whether rows that tie with the last one are taken too
    record Limit(
            Plan input,
            List<Column> partition,
            List<SortKey> order,
            Optional<Expr> count,
            Optional<Expr> offset,
            boolean ties)
            implements Plan {
        public Limit {
            partition = List.copyOf(partition);
            order = List.copyOf(order);
        }

        @Override
        public List<Column> output() {
            return input.output();
        }

        @Override
        public List<Plan> children() {
            return List.of(input);
        }
    }

    /// The least fixpoint of `base` and `step`, which reads the rows of the previous round through
    /// [Working]. The n-th column of the output is the n-th of both.
    ///
    /// @param number tells the recursions of a plan apart
    /// @param distinct whether a row counts once (UNION) or as often as it is derived (UNION ALL)
    record Recursive(int number, Plan base, Plan step, boolean distinct, List<Column> output)
            implements Plan {
        public Recursive {
            output = List.copyOf(output);
        }

        @Override
        public List<Plan> children() {
            return List.of(base, step);
        }
    }

    /// The rows of the previous round of the recursion `number`. The n-th column is the column
    /// `positions[n]` of the recursion.
    record Working(int number, List<Column> output, List<Integer> positions) implements Plan {
        public Working {
            output = List.copyOf(output);
            positions = List.copyOf(positions);
        }

        @Override
        public List<Plan> children() {
            return List.of();
        }
    }

    /// An operator whose result is kept in a hidden state table.
    ///
    /// @param number the state table's number, unique in the plan; inner ones are lower
    /// @param operator whose result it is
    record Stored(int number, Plan operator) implements Plan {
        /// Whether the table is brought up to date from the changes of the operator's inputs: that
        /// of a grouping or a recursion. For any other operator its own change is applied.
        public boolean fromInputs() {
            return operator instanceof Aggregate || operator instanceof Recursive;
        }

        @Override
        public List<Column> output() {
            return operator.output();
        }

        @Override
        public List<Plan> children() {
            return List.of(operator);
        }
    }

    /// The same operator over other inputs, in the order of [#children].
    default Plan over(List<Plan> inputs) {
        return switch (this) {
            case Scan _, Constant _, Working _ -> this;
            case Filter filter -> new Filter(inputs.getFirst(), filter.predicate());
            case Project project -> new Project(inputs.getFirst(), project.assignments());
            case Expand it ->
                    new Expand(
                            inputs.getFirst(), it.kind(), it.item(), it.columns(), it.condition());
            case UnionAll union -> new UnionAll(inputs, union.output());
            case Join join -> join.of(inputs.get(0), inputs.get(1));
            case Aggregate it -> new Aggregate(inputs.getFirst(), it.keys(), it.calls());
            case Distinct _ -> new Distinct(inputs.getFirst());
            case Window it ->
                    new Window(
                            inputs.getFirst(), it.partition(), it.order(), it.frame(), it.calls());
            case Limit it ->
                    new Limit(
                            inputs.getFirst(),
                            it.partition(),
                            it.order(),
                            it.count(),
                            it.offset(),
                            it.ties());
            case Recursive it ->
                    new Recursive(
                            it.number(), inputs.get(0), inputs.get(1), it.distinct(), it.output());
            case Stored it -> new Stored(it.number(), inputs.getFirst());
        };
    }

    /// The operators of the tree, each before those below it.
    default Stream<Plan> operators() {
        return Stream.concat(Stream.of(this), children().stream().flatMap(Plan::operators));
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
