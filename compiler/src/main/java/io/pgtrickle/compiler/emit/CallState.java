package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// How one aggregate is kept up to date from its stored state and the change of its group.
///
/// SQL fragments refer to the group's change as columns of `g` and to the stored state as columns
/// of `o`; `o` is all NULL for a new group.
///
/// @param strategy the strategy's name, as `explain` shows it
/// @param parts the stored columns with their rules
/// @param changes what is to be known of the input's change
/// @param recomputeWhen when the group must be recomputed instead: never (empty) or a condition
/// @param value the aggregate's value from the new state, whose columns are referred to by bare
///   names
record CallState(
        Strategy strategy,
        List<Part> parts,
        List<Change> changes,
        Optional<String> recomputeWhen,
        String value) {

    /// The classes of aggregates.
    enum Strategy {
        /// The new value is the old one plus the change.
        ALGEBRAIC_INVERTIBLE,
        /// Computed from hidden running sums.
        ALGEBRAIC_VIA_AUX,
        /// Improved by inserts; recomputed when the extremum leaves.
        SEMI_ALGEBRAIC,
        /// The group is recomputed.
        GROUP_RESCAN
    }

    /// A stored column, how it is computed afresh over the rows of the group, and how from state
    /// and change.
    record Part(StoredColumn column, String fresh, String merged) {}

    /// Something to be known of a group's change, as a column of `g`.
    ///
    /// @param name of the column
    /// @param function the aggregate that computes it
    /// @param argument of the aggregate, over the rows of the input's change
    /// @param condition which of them count
    /// @param counts whether it is 0 where none does, and not NULL
    record Change(String name, String function, String argument, String condition, boolean counts) {
        /// It as a select-list entry over all rows of the group.
        String ofRows() {
            return named(function + "(" + argument + ") FILTER (WHERE " + condition + ")");
        }

        /// The same over the only row of the group.
        String ofRow() {
            return named(
                    condition.equals("true")
                            ? argument
                            : "CASE WHEN " + condition + " THEN " + argument + " END");
        }

        private String named(String value) {
            return (counts ? "coalesce(" + value + ", 0)" : value) + " AS " + name;
        }
    }

    /// Where an aggregate's columns live.
    ///
    /// @param index unique within the stream table
    /// @param label the output column's name when the aggregate is one, else its index
    /// @param value the stored column of the value itself
    record Naming(int index, String label, StoredColumn value) {
        String change(String what) {
            return "__pgt_d" + index + "_" + what;
        }

        StoredColumn auxiliary(String kind, TypeFacts type, String purpose) {
            String name = "__pgt_aux_" + kind + "_" + label;
            String fitting =
                    Identifier.fitting(name, "").equals(name)
                            ? name
                            : "__pgt_aux_" + kind + "_" + index;
            return StoredColumn.hidden(fitting, type, purpose);
        }
    }

    static CallState of(AggregateCall call, Naming naming) {
        return switch (call.function()) {
            case COUNT_ROWS, COUNT -> count(call, naming);
            case MIN -> extremum(call, naming, "min", "<=", "LEAST");
            case MAX -> extremum(call, naming, "max", ">=", "GREATEST");
            case OTHER -> rescan(call, naming);
            case SUM ->
                    switch (arithmetic(call)) {
                        case INTEGER, FIXED_NUMERIC, NUMERIC -> RunningSum.sum(call, naming);
                        case FLOATING, NONE -> rescan(call, naming);
                    };
            case AVG ->
                    switch (arithmetic(call)) {
                        case INTEGER, FIXED_NUMERIC, NUMERIC -> RunningSum.average(call, naming);
                        case FLOATING, NONE -> rescan(call, naming);
                    };
        };
    }

    static Arithmetic arithmetic(AggregateCall call) {
        return call.argument().orElseThrow().type().arithmetic();
    }

    /// The condition that a change row counts for this aggregate. A row value is NULL only as a
    /// whole, which `IS NOT NULL` does not ask.
    static String counted(AggregateCall call) {
        List<String> conditions = new ArrayList<>();
        call.argument()
                .ifPresent(column ->
                        conditions.add(Identifier.quote(column.name()) + " IS DISTINCT FROM NULL"));
        call.filter().ifPresent(column -> conditions.add(Identifier.quote(column.name())));
        return conditions.isEmpty() ? "true" : String.join(" AND ", conditions);
    }

    /// Whether every row of the group counts, so that the group's row count is the aggregate's as
    /// well.
    static boolean countsEveryRow(AggregateCall call) {
        return call.filter().isEmpty()
                && call.argument()
                        .map(column -> column.nullability() == Nullability.NOT_NULL)
                        .orElse(true);
    }

    private static CallState count(AggregateCall call, Naming naming) {
        StoredColumn value = naming.value();
        String change = naming.change("count");
        return new CallState(
                Strategy.ALGEBRAIC_INVERTIBLE,
                List.of(
                        new Part(
                                value,
                                PlanSql.call(call),
                                "coalesce(o." + value.quoted() + ", 0) + g." + change)),
                List.of(sumOfWeights(change, counted(call))),
                Optional.empty(),
                value.quoted());
    }

    /// The number of rows gained, among those for which `condition` holds.
    static Change sumOfWeights(String name, String condition) {
        return new Change(name, "sum", WEIGHT, condition, true);
    }

    /// An inserted value can only improve the extremum. A deleted one that is not better than the
    /// best of the stored and the inserted ones cannot have been the extremum; any other may, so
    /// the group is recomputed.
    private static CallState extremum(
            AggregateCall call, Naming naming, String function, String reaches, String better) {
        StoredColumn value = naming.value();
        Column argument = call.argument().orElseThrow();
        String name = Identifier.quote(argument.name());
        String gained = naming.change("gained");
        String lost = naming.change("lost");
        String best = better + "(o." + value.quoted() + ", g." + gained + ")";
        String counted = counted(call);
        return new CallState(
                Strategy.SEMI_ALGEBRAIC,
                List.of(new Part(value, PlanSql.call(call), best)),
                List.of(
                        new Change(gained, function, name, WEIGHT + " > 0 AND " + counted, false),
                        new Change(lost, function, name, WEIGHT + " < 0 AND " + counted, false)),
                Optional.of(
                        "g."
                                + lost
                                + " IS NOT NULL AND coalesce(g."
                                + lost
                                + " "
                                + reaches
                                + " "
                                + best
                                + ", true)"),
                value.quoted());
    }

    private static CallState rescan(AggregateCall call, Naming naming) {
        StoredColumn value = naming.value();
        return new CallState(
                Strategy.GROUP_RESCAN,
                List.of(
                        new Part(
                                value,
                                PlanSql.call(call),
                                "CAST(NULL AS " + value.type().sqlName() + ")")),
                List.of(),
                Optional.of("true"),
                value.quoted());
    }
}
