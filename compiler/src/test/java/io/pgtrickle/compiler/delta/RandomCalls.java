package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.plan.Plan.AggregateFunction;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// Random calls of aggregates and window functions over given columns. One thread, one plan.
final class RandomCalls {
    private static final List<TypeFacts> SORTABLE =
            List.of(TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC, Tables.TEXT);
    private static final List<TypeFacts> NUMBERS = List.of(TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC);
    private static final List<String> OTHERS = List.of("array_agg", "count(DISTINCT", "bool_or");
    private static final List<String> PLACES = List.of("row_number()", "rank()", "dense_rank()");
    private static final List<String> VALUES = List.of("lag", "lead", "first_value", "last_value");

    private final RandomGenerator random;
    private final RandomExpressions expressions;
    private final Names names;

    RandomCalls(RandomGenerator random, Names names) {
        this.random = random;
        this.expressions = new RandomExpressions(random);
        this.names = names;
    }

    /// A call of an aggregate; a count of rows where no column fits.
    Plan.AggregateCall aggregate(AggregateFunction function, List<Column> columns) {
        List<Column> flags = RandomExpressions.of(columns, TypeFacts.BOOLEAN);
        Optional<Column> filter =
                flags.isEmpty() || random.nextBoolean()
                        ? Optional.empty()
                        : Optional.of(expressions.pick(flags));
        String other = expressions.pick(OTHERS);
        List<TypeFacts> types =
                switch (function) {
                    case COUNT_ROWS -> List.of();
                    case COUNT -> Tables.TYPES;
                    case SUM, AVG -> NUMBERS;
                    case MIN, MAX -> SORTABLE;
                    case OTHER ->
                            other.equals("bool_or") ? List.of(TypeFacts.BOOLEAN) : Tables.TYPES;
                };
        List<Column> arguments =
                columns.stream().filter(column -> types.contains(column.type())).toList();
        if (arguments.isEmpty()) {
            return new Plan.AggregateCall(
                    names.column(TypeFacts.BIGINT),
                    AggregateFunction.COUNT_ROWS,
                    Optional.empty(),
                    filter);
        }
        Column argument = expressions.pick(arguments);
        return switch (function) {
            case COUNT_ROWS, COUNT -> call(function, TypeFacts.BIGINT, argument, filter);
            case AVG -> call(function, TypeFacts.ANY_NUMERIC, argument, filter);
            case SUM, MIN, MAX -> call(function, argument.type(), argument, filter);
            case OTHER -> other(other, argument, filter);
        };
    }

    private Plan.AggregateCall call(
            AggregateFunction function, TypeFacts type, Column argument, Optional<Column> filter) {
        return new Plan.AggregateCall(names.column(type), function, Optional.of(argument), filter);
    }

    private Plan.AggregateCall other(String name, Column argument, Optional<Column> filter) {
        TypeFacts type =
                switch (name) {
                    case "array_agg" -> Tables.TEXT;
                    case "bool_or" -> TypeFacts.BOOLEAN;
                    default -> TypeFacts.BIGINT;
                };
        String opening = name.contains("(") ? name + " " : name + "(";
        return new Plan.AggregateCall(
                names.column(type),
                AggregateFunction.OTHER,
                Optional.empty(),
                filter,
                Optional.of(Expr.around(opening, RandomExpressions.ref(argument), ")")));
    }

    /// The count of a column's distinct values.
    Plan.AggregateCall distinctCount(List<Column> columns) {
        return other("count(DISTINCT", expressions.pick(columns), Optional.empty());
    }

    /// A call of a window function.
    ///
    /// @param ties whether the value may depend on the order of rows that tie
    Plan.Assignment window(List<Column> columns, Ties ties) {
        int kind = random.nextInt(4);
        List<Column> numbers =
                columns.stream().filter(column -> NUMBERS.contains(column.type())).toList();
        if (kind == 0 || columns.isEmpty()) {
            List<String> places = ties == Ties.SPLIT ? PLACES : PLACES.subList(1, PLACES.size());
            return of(TypeFacts.BIGINT, Expr.text(expressions.pick(places)));
        }
        if (kind == 1 && ties == Ties.SPLIT) {
            Column column = expressions.pick(columns);
            return of(column.type(), call(expressions.pick(VALUES), column));
        }
        if (kind == 2 || numbers.isEmpty()) {
            return random.nextBoolean()
                    ? of(TypeFacts.BIGINT, Expr.text("count(*)"))
                    : of(TypeFacts.BIGINT, call("count", expressions.pick(columns)));
        }
        Column number = expressions.pick(numbers);
        return of(number.type(), call(expressions.pick(List.of("sum", "min", "max")), number));
    }

    private static Expr call(String function, Column argument) {
        return Expr.around(function + "(", RandomExpressions.ref(argument), ")");
    }

    private Plan.Assignment of(TypeFacts type, Expr call) {
        return new Plan.Assignment(names.column(type), call);
    }

    /// Whether rows that an order does not tell apart may be told apart, which SQL does not
    /// determine.
    enum Ties {
        SPLIT,
        TOGETHER
    }
}
