package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// A scalar expression.
public sealed interface Expr {

    /// Stands for the next argument in a template.
    char HOLE = '§';

    /// Its type.
    Type type();

    /// Whether the image of its value is determined, see [Field#exact()].
    boolean exact();

    /// Its text.
    String sql();

    /// A column of a relation in FROM.
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
            return Field.quote(alias) + '.' + Field.quote(field.name());
        }
    }

    /// A text with holes for the arguments.
    record Call(String template, List<Expr> arguments, Type type, boolean exact) implements Expr {
        public Call {
            arguments = List.copyOf(arguments);
        }

        @Override
        public String sql() {
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
    }

    /// An expression without arguments.
    static Expr constant(String text, Type type) {
        return new Call(text, List.of(), type, true);
    }

    /// An operation that looks at values as they are printed; its arguments must be exact.
    static Expr call(String template, Type type, Expr... arguments) {
        List<Expr> list = List.of(arguments);
        return new Call(template, list, type, list.stream().allMatch(Expr::exact));
    }

    /// NULL of a type.
    static Expr nullOf(Type type) {
        return constant("CAST(NULL AS " + type.sql() + ")", type);
    }

    /// Whether a column occurs in it.
    default boolean hasReference() {
        return switch (this) {
            case Ref _ -> true;
            case Call call -> call.arguments().stream().anyMatch(Expr::hasReference);
        };
    }

    /// The same with NULL for the columns of these aliases.
    default Expr without(Set<String> aliases) {
        return switch (this) {
            case Ref ref -> aliases.contains(ref.alias()) ? nullOf(ref.type()) : ref;
            case Call(var template, var arguments, var type, var exact) ->
                    new Call(
                            template,
                            arguments.stream().map(it -> it.without(aliases)).toList(),
                            type,
                            exact);
        };
    }

    /// Simpler expressions of the same family.
    default List<Expr> smaller() {
        return switch (this) {
            case Ref _ -> List.of();
            case Call call -> {
                List<Expr> found = new ArrayList<>();
                if (!call.arguments().isEmpty()) {
                    if (type() == Type.BOOL) {
                        found.add(constant("true", Type.BOOL));
                    }
                    found.add(nullOf(type()));
                }
                for (int i = 0; i < call.arguments().size(); i++) {
                    Expr argument = call.arguments().get(i);
                    if (argument.type().family() == type().family()) {
                        found.add(argument);
                    }
                    for (Expr less : argument.smaller()) {
                        List<Expr> replaced = new ArrayList<>(call.arguments());
                        replaced.set(i, less);
                        found.add(new Call(call.template(), replaced, call.type(), call.exact()));
                    }
                }
                yield found;
            }
        };
    }
}
