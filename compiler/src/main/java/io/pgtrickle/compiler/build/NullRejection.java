package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import java.util.List;
import java.util.Set;

/// Whether a predicate cannot be true where some columns are NULL. Knows comparisons of the columns
/// themselves and of arithmetic over them; says no when it does not know.
final class NullRejection {
    private static final Set<String> COMPARISONS =
            Set.of(" = ", " <> ", " < ", " > ", " <= ", " >= ", " ~~ ", " !~~ ");
    private static final Set<String> ARITHMETIC = Set.of(" + ", " - ", " * ", " / ", " % ");

    private NullRejection() {}

    static boolean rejects(Expr predicate, Set<String> columns) {
        return predicate instanceof Expr.Template(List<String> texts, List<Expr> arguments)
                && arguments.size() == 2
                && enclosing(texts, COMPARISONS)
                && arguments.stream().anyMatch(argument -> isNull(argument, columns));
    }

    /// Whether an expression is NULL where the columns are.
    private static boolean isNull(Expr expr, Set<String> columns) {
        return switch (expr) {
            case Expr.Ref(String column) -> columns.contains(column);
            case Expr.Template(List<String> texts, List<Expr> arguments) ->
                    ((arguments.size() == 2 && enclosing(texts, ARITHMETIC))
                                    || (arguments.size() == 1 && isCast(texts)))
                            && arguments.stream().anyMatch(it -> isNull(it, columns));
        };
    }

    private static boolean enclosing(List<String> texts, Set<String> operators) {
        return texts.getFirst().isEmpty()
                && texts.getLast().isEmpty()
                && operators.contains(texts.get(1));
    }

    /// `x::type` of a type that is no domain, since pg_catalog has none.
    private static boolean isCast(List<String> texts) {
        return texts.getFirst().isEmpty() && texts.getLast().matches("::[a-z ]+(\\([0-9, ]+\\))?");
    }
}
