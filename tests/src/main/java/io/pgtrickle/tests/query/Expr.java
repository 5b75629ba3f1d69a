package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/// A scalar expression.
public sealed interface Expr extends Node {

    /// Stands for the next argument in a template.
    char HOLE = '§';

    /// Its type.
    Type type();

    /// Whether the image of its value is determined, see [Field#exact()].
    boolean exact();

    /// A column of a relation in FROM, or the whole row when the field's name is empty.
    record Ref(String alias, Field field) implements Expr {
        @Override
        public Type type() {
            return field.type();
        }

        @Override
        public boolean exact() {
            return field.exact();
        }

        @Override
        public String sql() {
            return field.name().isEmpty()
                    ? Field.quote(alias)
                    : Field.quote(alias) + '.' + Field.quote(field.name());
        }

        @Override
        public List<Node> children() {
            return List.of();
        }

        @Override
        public Node with(List<Node> children) {
            return this;
        }

        @Override
        public List<Node> shortcuts() {
            return List.of();
        }

        @Override
        public Set<String> labels() {
            return field.name().isEmpty() ? Set.of("whole row") : Set.of();
        }
    }

    /// A text with holes for expressions and queries.
    ///
    /// @param label its name in the statistics, empty for what is everywhere; `aggregate ...` for
    ///   aggregates, `window ...` for window functions
    record Call(String template, List<Node> arguments, Type type, boolean exact, String label)
            implements Expr {
        public Call {
            arguments = List.copyOf(arguments);
        }

        @Override
        public String sql() {
            return fill(template, arguments);
        }

        @Override
        public List<Node> children() {
            return arguments;
        }

        @Override
        public Node with(List<Node> children) {
            return new Call(template, children, type, exact, label);
        }

        @Override
        public List<Node> shortcuts() {
            if (arguments.isEmpty()) {
                return List.of();
            }
            List<Node> found = new ArrayList<>();
            if (type == Type.BOOL) {
                found.add(constant("true", Type.BOOL));
            }
            found.add(nullOf(type));
            arguments.stream()
                    .filter(it -> it instanceof Expr expr && expr.type().family() == type.family())
                    .forEach(found::add);
            return found;
        }

        @Override
        public Set<String> labels() {
            return label.isEmpty() ? Set.of() : Set.of(label);
        }
    }

    /// A template with its holes filled.
    static String fill(String template, List<? extends Node> arguments) {
        StringBuilder text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < template.length(); i++) {
            if (template.charAt(i) == HOLE) {
                text.append(arguments.get(next++).sql());
            } else {
                text.append(template.charAt(i));
            }
        }
        return text.toString();
    }

    /// An expression without arguments.
    static Expr constant(String text, Type type) {
        return new Call(text, List.of(), type, true, "");
    }

    /// An operation that looks at values as they are printed; its arguments must be exact.
    static Expr call(String template, Type type, Expr... arguments) {
        List<Expr> list = List.of(arguments);
        return of(template, type, list.stream().allMatch(Expr::exact), list, "");
    }

    /// Any operation.
    static Expr of(
            String template,
            Type type,
            boolean exact,
            List<? extends Node> arguments,
            String label) {
        return new Call(template, List.copyOf(arguments), type, exact, label);
    }

    /// NULL of a type.
    static Expr nullOf(Type type) {
        return constant("CAST(NULL AS " + type.sql() + ")", type);
    }

    /// Whether a column occurs in it.
    default boolean hasReference() {
        return all().anyMatch(Ref.class::isInstance);
    }

    /// Whether an aggregate of its own query occurs in it.
    default boolean aggregated() {
        return switch (this) {
            case Ref _ -> false;
            case Call call ->
                    call.label().startsWith("aggregate")
                            || call.arguments().stream()
                                    .anyMatch(it -> it instanceof Expr expr && expr.aggregated());
        };
    }

    /// The expression that it only passes on, or itself.
    default Expr bare() {
        return this instanceof Call call
                        && call.template().equals("§")
                        && call.arguments().getFirst() instanceof Expr inner
                ? inner.bare()
                : this;
    }

    /// What can be named from a sub-query: columns, if need be group keys.
    static List<Expr> references(Stream<Expr> atoms) {
        return atoms.filter(it -> it.bare() instanceof Ref).toList();
    }
}
