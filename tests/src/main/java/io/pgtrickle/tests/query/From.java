package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// An item of FROM.
public sealed interface From extends Node {

    /// The columns that can be named above it.
    List<Expr> atoms();

    /// The columns that each alias of this item itself defines.
    Map<String, List<Field>> scope();

    /// A named relation.
    record Named(Relation relation, String alias) implements From {
        @Override
        public List<Expr> atoms() {
            return columns(alias, relation.fields());
        }

        @Override
        public Map<String, List<Field>> scope() {
            return Map.of(alias, relation.fields());
        }

        @Override
        public String sql() {
            return Field.quote(relation.name()) + " AS " + Field.quote(alias);
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
            return Set.of();
        }
    }

    /// A sub-select.
    ///
    /// @param prefix `LATERAL ` or empty
    record Sub(String prefix, Rel query, String alias) implements From {
        @Override
        public List<Expr> atoms() {
            return columns(alias, query.fields());
        }

        @Override
        public Map<String, List<Field>> scope() {
            return Map.of(alias, query.fields());
        }

        @Override
        public String sql() {
            return prefix + "(" + query.sql() + ") AS " + Field.quote(alias);
        }

        @Override
        public List<Node> children() {
            return List.of(query);
        }

        @Override
        public Node with(List<Node> children) {
            return new Sub(prefix, new Parts(children).rel(), alias);
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>();
            if (!prefix.isEmpty()) {
                found.add(new Sub("", query, alias));
            }
            if (query instanceof Rel.Select select) {
                found.add(select.from());
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            return prefix.isEmpty() ? Set.of("sub-select") : Set.of("lateral sub-select");
        }
    }

    /// A function or table expression.
    ///
    /// @param template with holes for the arguments, alias and column list not included
    /// @param list whether the columns are named in the alias
    record Function(
            String template,
            List<Expr> arguments,
            String alias,
            List<Field> fields,
            Columns list,
            String label)
            implements From {
        public Function {
            arguments = List.copyOf(arguments);
            fields = List.copyOf(fields);
        }

        /// Where the names of the columns are written.
        enum Columns {
            IN_ALIAS,
            IN_TEXT
        }

        @Override
        public List<Expr> atoms() {
            return columns(alias, fields);
        }

        @Override
        public Map<String, List<Field>> scope() {
            return Map.of(alias, fields);
        }

        @Override
        public String sql() {
            String names =
                    fields.stream()
                            .map(it -> Field.quote(it.name()))
                            .collect(Collectors.joining(", "));
            return Expr.fill(template, arguments)
                    + " AS "
                    + Field.quote(alias)
                    + (list == Columns.IN_ALIAS ? " (" + names + ")" : "");
        }

        @Override
        public List<Node> children() {
            return List.copyOf(arguments);
        }

        @Override
        public Node with(List<Node> children) {
            return new Function(
                    template,
                    new Parts(children).exprs(arguments.size()),
                    alias,
                    fields,
                    list,
                    label);
        }

        @Override
        public List<Node> shortcuts() {
            return List.of();
        }

        @Override
        public Set<String> labels() {
            return Set.of(label);
        }
    }

    /// A join; CROSS and NATURAL ignore the condition.
    ///
    /// @param using the columns of USING with the alias that names them, else empty
    record Join(Kind kind, From left, From right, Expr on, Using using) implements From {
        /// The kinds of join.
        public enum Kind {
            INNER("JOIN"),
            LEFT("LEFT JOIN"),
            RIGHT("RIGHT JOIN"),
            FULL("FULL JOIN"),
            CROSS("CROSS JOIN"),
            NATURAL("NATURAL JOIN"),
            NATURAL_LEFT("NATURAL LEFT JOIN"),
            NATURAL_FULL("NATURAL FULL JOIN");

            private final String sql;

            Kind(String sql) {
                this.sql = sql;
            }

            boolean hasCondition() {
                return switch (this) {
                    case INNER, LEFT, RIGHT, FULL -> true;
                    case CROSS, NATURAL, NATURAL_LEFT, NATURAL_FULL -> false;
                };
            }
        }

        /// The columns of USING; none for a join with ON.
        record Using(List<Field> fields, String alias) {
            static final Using NONE = new Using(List.of(), "");

            public Using {
                fields = List.copyOf(fields);
            }

            private String sql() {
                return fields.stream()
                        .map(it -> Field.quote(it.name()))
                        .collect(
                                Collectors.joining(", ", " USING (", ") AS " + Field.quote(alias)));
            }
        }

        static Join on(Kind kind, From left, From right, Expr on) {
            return new Join(kind, left, right, on, Using.NONE);
        }

        @Override
        public List<Expr> atoms() {
            return Stream.of(columns(using.alias(), using.fields()), left.atoms(), right.atoms())
                    .flatMap(List::stream)
                    .toList();
        }

        @Override
        public Map<String, List<Field>> scope() {
            return using.fields().isEmpty() ? Map.of() : Map.of(using.alias(), using.fields());
        }

        @Override
        public String sql() {
            String rights = right instanceof Join ? "(" + right.sql() + ")" : right.sql();
            String condition =
                    !kind.hasCondition()
                            ? ""
                            : using.fields().isEmpty() ? " ON " + on.sql() : using.sql();
            return left.sql() + " " + kind.sql + " " + rights + condition;
        }

        @Override
        public List<Node> children() {
            return List.of(left, right, on);
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            return new Join(kind, parts.from(), parts.from(), parts.expr(), using);
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>(List.of(left, right));
            if (kind.hasCondition() && kind != Kind.INNER) {
                found.add(new Join(Kind.INNER, left, right, on, using));
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            String label = kind.name().toUpperCase(Locale.ROOT).replace('_', ' ') + " join";
            return using.fields().isEmpty() ? Set.of(label) : Set.of(label, "USING");
        }
    }

    private static List<Expr> columns(String alias, List<Field> fields) {
        return fields.stream().map(field -> (Expr) new Expr.Ref(alias, field)).toList();
    }
}
