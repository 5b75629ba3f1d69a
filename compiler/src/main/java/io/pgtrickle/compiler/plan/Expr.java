package io.pgtrickle.compiler.plan;

import io.pgtrickle.compiler.catalog.Relation;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// A scalar expression over the columns of one operator's input. Immutable, deterministic.
public sealed interface Expr {

    /// The value of a column.
    record Ref(String column) implements Expr {}

    /// Fixed SQL text with holes: `texts[0] arguments[0] texts[1] ... texts[n]`. The texts hold no
    /// column names.
    record Template(List<String> texts, List<Expr> arguments) implements Expr {
        public Template {
            texts = List.copyOf(texts);
            arguments = List.copyOf(arguments);
            if (texts.size() != arguments.size() + 1) {
                throw new IllegalArgumentException("texts must enclose the arguments");
            }
        }
    }

    /// The predicate that holds for every row.
    static Expr always() {
        return new Template(List.of("true"), List.of());
    }

    /// `left <operator> right`.
    static Expr binary(Expr left, String operator, Expr right) {
        return new Template(List.of("", " " + operator + " ", ""), List.of(left, right));
    }

    /// The conjunction of both, without a needless `true`.
    static Expr and(Expr left, Expr right) {
        if (left.equals(always())) {
            return right;
        }
        return right.equals(always()) ? left : binary(left, "AND", right);
    }

    /// The predicates that must all hold for the expression to hold; none for [#always]. What all
    /// alternatives of a disjunction have in common is one of them.
    default List<Expr> conjuncts() {
        return chained(" AND ")
                .map(operands -> operands.stream().flatMap(it -> it.conjuncts().stream()).toList())
                .or(() -> chained(" OR ").map(this::factored))
                .orElseGet(() -> equals(always()) ? List.of() : List.of(this));
    }

    /// A predicate over some of `columns` and no others that holds wherever this one does.
    default Optional<Expr> implied(Set<String> columns) {
        return conjuncts().stream()
                .flatMap(it -> it.impliedByOne(columns).stream())
                .reduce(Expr::and);
    }

    private Optional<Expr> impliedByOne(Set<String> columns) {
        if (!columns().isEmpty() && columns.containsAll(columns())) {
            return Optional.of(this);
        }
        List<Optional<Expr>> alternatives =
                chained(" OR ").orElse(List.of()).stream().map(it -> it.implied(columns)).toList();
        return alternatives.stream().allMatch(Optional::isPresent)
                ? anyOf(alternatives.stream().flatMap(Optional::stream).toList())
                : Optional.empty();
    }

    private static Optional<Expr> anyOf(List<Expr> alternatives) {
        if (alternatives.size() < 2) {
            return alternatives.stream().findFirst();
        }
        List<String> texts = new ArrayList<>(Collections.nCopies(alternatives.size() + 1, " OR "));
        texts.set(0, "");
        texts.set(alternatives.size(), "");
        return Optional.of(new Template(texts, alternatives));
    }

    private List<Expr> factored(List<Expr> alternatives) {
        List<List<Expr>> conditions = alternatives.stream().map(Expr::conjuncts).toList();
        Set<Expr> common = new LinkedHashSet<>(conditions.getFirst());
        conditions.forEach(common::retainAll);
        if (common.isEmpty()) {
            return List.of(this);
        }
        List<Expr> factors = new ArrayList<>(common);
        List<Expr> rests =
                conditions.stream()
                        .map(it ->
                                it.stream()
                                        .filter(condition -> !common.contains(condition))
                                        .reduce(always(), Expr::and))
                        .toList();
        if (!rests.contains(always())) {
            anyOf(rests).ifPresent(factors::add);
        }
        return List.copyOf(factors);
    }

    /// The operands of a chain of one operator.
    private Optional<List<Expr>> chained(String operator) {
        return this instanceof Template(List<String> texts, List<Expr> arguments)
                        && arguments.size() > 1
                        && texts.getFirst().isEmpty()
                        && texts.getLast().isEmpty()
                        && texts.subList(1, arguments.size()).stream().allMatch(operator::equals)
                ? Optional.of(arguments)
                : Optional.empty();
    }

    /// The columns that the expression reads, in order of first use.
    default Set<String> columns() {
        Set<String> names = new LinkedHashSet<>();
        collect(this, names);
        return names;
    }

    /// The expression with every column replaced.
    default Expr replace(UnaryOperator<String> names) {
        return switch (this) {
            case Ref(String column) -> new Ref(names.apply(column));
            case Template(List<String> texts, List<Expr> arguments) ->
                    new Template(
                            texts,
                            arguments.stream().map(argument -> argument.replace(names)).toList());
        };
    }

    /// The expression with columns replaced by expressions; those that `definitions` gives nothing
    /// for stay.
    default Expr substitute(Function<String, Optional<Expr>> definitions) {
        return switch (this) {
            case Ref(String column) -> definitions.apply(column).orElse(this);
            case Template(List<String> texts, List<Expr> arguments) ->
                    new Template(
                            texts,
                            arguments.stream()
                                    .map(argument -> argument.substitute(definitions))
                                    .toList());
        };
    }

    /// The expression with columns replaced by those of `definitions`.
    default Expr substitute(Map<String, Expr> definitions) {
        return substitute(column -> Optional.ofNullable(definitions.get(column)));
    }

    /// Fixed text.
    static Expr text(String text) {
        return new Template(List.of(text), List.of());
    }

    /// `before argument after`.
    static Expr around(String before, Expr argument, String after) {
        return new Template(List.of(before, after), List.of(argument));
    }

    /// The equality of two columns under which NULL equals NULL. Between nullable columns it is a
    /// comparison of records, which can be merged, as `IS NOT DISTINCT FROM` cannot.
    static Expr same(Column left, Column right) {
        Expr one = new Ref(left.name());
        Expr other = new Ref(right.name());
        if (left.nullability() == Relation.Nullability.NOT_NULL
                || right.nullability() == Relation.Nullability.NOT_NULL) {
            return binary(one, "=", other);
        }
        return new Template(
                List.of("CAST(ROW(", ") AS record) = CAST(ROW(", ") AS record)"),
                List.of(one, other));
    }

    /// The two columns that [#same] or `=` compares, if it is such a comparison.
    default Optional<List<String>> equated() {
        return this instanceof Template(List<String> texts, List<Expr> arguments)
                        && arguments.size() == 2
                        && arguments.get(0) instanceof Ref(String one)
                        && arguments.get(1) instanceof Ref(String other)
                        && (texts.equals(List.of("", " = ", ""))
                                || texts.get(1).contains(" AS record) = "))
                ? Optional.of(List.of(one, other))
                : Optional.empty();
    }

    private static void collect(Expr expr, Set<String> names) {
        switch (expr) {
            case Ref(String column) -> names.add(column);
            case Template(_, List<Expr> arguments) ->
                    new ArrayList<>(arguments).forEach(it -> collect(it, names));
        }
    }
}
