package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// An item of FROM.
public sealed interface From {

    /// The columns that can be named above it.
    List<Expr> atoms();

    /// Its text.
    String sql();

    /// The aliases that it defines.
    Set<String> aliases();

    /// A named relation.
    record Named(Relation relation, String alias) implements From {
        @Override
        public List<Expr> atoms() {
            return relation.fields().stream()
                    .map(field -> (Expr) new Expr.Ref(alias, field))
                    .toList();
        }

        @Override
        public String sql() {
            return Field.quote(relation.name()) + " AS " + Field.quote(alias);
        }

        @Override
        public Set<String> aliases() {
            return Set.of(alias);
        }
    }

    /// A sub-select.
    record Sub(Rel query, String alias) implements From {
        @Override
        public List<Expr> atoms() {
            return query.fields().stream().map(field -> (Expr) new Expr.Ref(alias, field)).toList();
        }

        @Override
        public String sql() {
            return "(" + query.sql() + ") AS " + Field.quote(alias);
        }

        @Override
        public Set<String> aliases() {
            return Set.of(alias);
        }
    }

    /// A join; CROSS ignores the condition.
    record Join(Kind kind, From left, From right, Expr on) implements From {
        /// The kinds of join.
        public enum Kind {
            INNER("JOIN"),
            LEFT("LEFT JOIN"),
            RIGHT("RIGHT JOIN"),
            CROSS("CROSS JOIN");

            private final String sql;

            Kind(String sql) {
                this.sql = sql;
            }
        }

        @Override
        public List<Expr> atoms() {
            return Stream.concat(left.atoms().stream(), right.atoms().stream()).toList();
        }

        @Override
        public String sql() {
            String rights = right instanceof Join ? "(" + right.sql() + ")" : right.sql();
            return left.sql()
                    + " "
                    + kind.sql
                    + " "
                    + rights
                    + (kind == Kind.CROSS ? "" : " ON " + on.sql());
        }

        @Override
        public Set<String> aliases() {
            return Stream.concat(left.aliases().stream(), right.aliases().stream())
                    .collect(Collectors.toSet());
        }

        private Join with(Kind value, From first, From second, Expr condition) {
            return new Join(value, first, second, condition);
        }
    }

    /// The sub-selects in it.
    default Stream<Rel> queries() {
        return switch (this) {
            case Named _ -> Stream.of();
            case Sub(Rel query, _) -> Stream.of(query);
            case Join(_, From left, From right, _) ->
                    Stream.concat(left.queries(), right.queries());
        };
    }

    /// The same with NULL for the columns of these aliases.
    default From without(Set<String> aliases) {
        return switch (this) {
            case Named _, Sub _ -> this;
            case Join(var kind, From left, From right, Expr on) ->
                    new Join(
                            kind,
                            left.without(aliases),
                            right.without(aliases),
                            on.without(aliases));
        };
    }

    /// Simpler items.
    default List<From> smaller() {
        return switch (this) {
            case Named _ -> List.of();
            case Sub(Rel query, String alias) ->
                    query.smaller().stream().map(less -> (From) new Sub(less, alias)).toList();
            case Join join -> {
                List<From> found = new ArrayList<>();
                found.add(join.left());
                found.add(join.right());
                for (From less : join.left().smaller()) {
                    found.add(
                            join.with(
                                    join.kind(),
                                    less,
                                    join.right(),
                                    join.on().without(lost(join.left(), less))));
                }
                for (From less : join.right().smaller()) {
                    found.add(
                            join.with(
                                    join.kind(),
                                    join.left(),
                                    less,
                                    join.on().without(lost(join.right(), less))));
                }
                if (join.kind() != Join.Kind.CROSS) {
                    if (join.kind() != Join.Kind.INNER) {
                        found.add(join.with(Join.Kind.INNER, join.left(), join.right(), join.on()));
                    }
                    for (Expr less : join.on().smaller()) {
                        found.add(join.with(join.kind(), join.left(), join.right(), less));
                    }
                }
                yield found;
            }
        };
    }

    /// The aliases of the first item that the second one lacks.
    static Set<String> lost(From before, From after) {
        return before.aliases().stream()
                .filter(alias -> !after.aliases().contains(alias))
                .collect(Collectors.toSet());
    }
}
