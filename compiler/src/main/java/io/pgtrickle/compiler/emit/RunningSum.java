package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.emit.CallState.Change;
import io.pgtrickle.compiler.emit.CallState.Naming;
import io.pgtrickle.compiler.emit.CallState.Part;
import io.pgtrickle.compiler.emit.CallState.Strategy;
import io.pgtrickle.compiler.plan.Plan.AggregateCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// SUM and AVG over exact types, kept as running sums.
///
/// A sum is NULL when no value is left, so the non-null values are counted. NaN and the infinities
/// do not cancel: a group that has or had one is recomputed. The scale of a `numeric` sum is the
/// largest scale of its members, and a quotient's digits follow it, so it must be exact: the
/// members of each scale are counted, and the running sum is rounded to the largest scale that is
/// left, which takes nothing but zeros from it. The counts are the digits of one number to the base
/// 10^15, so that they are added and subtracted at once.
final class RunningSum {
    private static final String NOT_FINITE = " IN ('NaN', 'Infinity', '-Infinity')";

    /// No group has as many rows of one scale.
    private static final int SCALE_BASE_DIGITS = 15;

    /// Scales from here on are counted as one; a group that loses one of them is recomputed.
    private static final int MAX_SCALE = 1000;

    /// Scales whose digit is written as a constant: a CASE costs nothing beside reading a row.
    private static final int COMMON_SCALES = 10;

    private RunningSum() {}

    static CallState sum(AggregateCall call, Naming naming) {
        StoredColumn value = naming.value();
        State state = new State(call, naming, value);
        String merged =
                "CASE WHEN "
                        + state.count
                        + " = 0 THEN NULL ELSE CAST("
                        + state.total
                        + " AS "
                        + value.type().sqlName()
                        + ") END";
        state.parts.addFirst(new Part(value, PlanSql.call(call), merged));
        return state.finish(Strategy.ALGEBRAIC_INVERTIBLE, value.quoted());
    }

    static CallState average(AggregateCall call, Naming naming) {
        StoredColumn sum =
                naming.auxiliary(
                        "sum", TypeFacts.ANY_NUMERIC, "running sum of the non-null values");
        State state = new State(call, naming, sum);
        String fresh =
                "coalesce(sum(CAST("
                        + PlanSql.argument(call)
                        + " AS numeric))"
                        + state.filter
                        + ", 0)";
        state.parts.addFirst(
                new Part(
                        sum,
                        fresh,
                        "CASE WHEN " + state.count + " = 0 THEN 0 ELSE " + state.total + " END"));
        String count = state.storedCount;
        return state.finish(
                Strategy.ALGEBRAIC_VIA_AUX,
                "CASE WHEN "
                        + count
                        + " = 0 THEN NULL ELSE "
                        + sum.quoted()
                        + " / CAST("
                        + count
                        + " AS numeric) END");
    }

    /// What SUM and AVG share. Fragments of the new state over `o` and `g`.
    private static final class State {
        final List<Part> parts = new ArrayList<>();
        final List<Change> changes = new ArrayList<>();
        final List<String> recompute = new ArrayList<>();
        final String filter;
        final String count;
        final String storedCount;
        final String total;

        State(AggregateCall call, Naming naming, StoredColumn sum) {
            String argument = PlanSql.argument(call);
            String counted = CallState.counted(call);
            filter =
                    call.filter()
                            .map(column ->
                                    " FILTER (WHERE " + Identifier.quote(column.name()) + ")")
                            .orElse("");
            String change = naming.change("sum");
            changes.add(
                    new Change(
                            change,
                            "sum",
                            "CAST(" + argument + " AS numeric) * " + WEIGHT,
                            counted,
                            false));
            String running = "coalesce(o." + sum.quoted() + ", 0) + coalesce(g." + change + ", 0)";
            if (CallState.countsEveryRow(call)) {
                storedCount = "__pgt_count";
                count = "(coalesce(o.__pgt_count, 0) + g.__pgt_n)";
            } else {
                StoredColumn column =
                        naming.auxiliary(
                                "count", TypeFacts.BIGINT, "number of the non-null values");
                String gained = naming.change("count");
                changes.add(CallState.sumOfWeights(gained, counted));
                storedCount = column.quoted();
                count = "(coalesce(o." + column.quoted() + ", 0) + g." + gained + ")";
                parts.add(new Part(column, "count(" + argument + ")" + filter, count));
            }
            Arithmetic arithmetic = CallState.arithmetic(call);
            if (arithmetic != Arithmetic.INTEGER) {
                guardFinite(naming, sum, argument, counted);
            }
            total =
                    arithmetic == Arithmetic.NUMERIC
                            ? rounded(running, scales(naming, argument, counted))
                            : running;
        }

        private void guardFinite(Naming naming, StoredColumn sum, String argument, String counted) {
            String odd = naming.change("odd");
            changes.add(new Change(odd, "bool_or", argument + NOT_FINITE, counted, false));
            recompute.add("coalesce(g." + odd + ", false)");
            recompute.add("coalesce(o." + sum.quoted() + NOT_FINITE + ", false)");
        }

        /// Counts the members of each scale; the new counts as an SQL expression.
        private String scales(Naming naming, String argument, String counted) {
            StoredColumn column =
                    naming.auxiliary(
                            "scale",
                            TypeFacts.ANY_NUMERIC,
                            "numbers of the non-null values of each scale");
            String gained = naming.change("scale");
            String lost = naming.change("lost");
            String digit = scaleDigit(argument);
            changes.add(new Change(gained, "sum", digit + " * " + WEIGHT, counted, true));
            changes.add(
                    new Change(
                            lost,
                            "bool_or",
                            WEIGHT + " < 0 AND scale(" + argument + ") >= " + MAX_SCALE,
                            counted,
                            false));
            String merged = "(coalesce(o." + column.quoted() + ", 0) + g." + gained + ")";
            parts.add(new Part(column, "coalesce(sum(" + digit + ")" + filter + ", 0)", merged));
            recompute.add("coalesce(g." + lost + ", false)");
            return merged;
        }

        /// One in the digit of a value's scale; NULL for what is not finite.
        private static String scaleDigit(String argument) {
            StringBuilder digit = new StringBuilder("CASE scale(" + argument + ")");
            for (int scale = 0; scale < COMMON_SCALES; scale++) {
                digit.append(" WHEN ")
                        .append(scale)
                        .append(" THEN 1e")
                        .append(SCALE_BASE_DIGITS * scale);
            }
            return digit.append(" ELSE CAST('1e' || ")
                    .append(SCALE_BASE_DIGITS)
                    .append(" * CASE WHEN scale(")
                    .append(argument)
                    .append(") > ")
                    .append(MAX_SCALE)
                    .append(" THEN ")
                    .append(MAX_SCALE)
                    .append(" ELSE scale(")
                    .append(argument)
                    .append(") END AS numeric) END")
                    .toString();
        }

        /// A sum with the largest scale that was counted, unless that stands for larger ones too.
        private static String rounded(String sum, String scales) {
            String largest =
                    "((length(CAST(" + scales + " AS text)) - 1) / " + SCALE_BASE_DIGITS + ")";
            return "CASE WHEN "
                    + largest
                    + " < "
                    + MAX_SCALE
                    + " THEN round("
                    + sum
                    + ", "
                    + largest
                    + ") ELSE "
                    + sum
                    + " END";
        }

        CallState finish(Strategy strategy, String value) {
            Optional<String> condition =
                    recompute.isEmpty()
                            ? Optional.empty()
                            : Optional.of(String.join(" OR ", recompute));
            return new CallState(
                    strategy, List.copyOf(parts), List.copyOf(changes), condition, value);
        }
    }
}
