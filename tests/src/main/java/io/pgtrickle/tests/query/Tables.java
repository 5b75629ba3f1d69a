package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// A query with a common table expression.
public sealed interface Tables extends Rel {

    /// A plain one.
    ///
    /// @param hint `MATERIALIZED `, `NOT MATERIALIZED ` or empty
    record With(String name, String hint, Rel definition, Rel body) implements Tables {
        @Override
        public List<Field> fields() {
            return body.fields();
        }

        @Override
        public String sql() {
            return "WITH "
                    + Field.quote(name)
                    + " AS "
                    + hint
                    + "("
                    + definition.sql()
                    + ") "
                    + body.sql();
        }

        @Override
        public List<Node> children() {
            return List.of(definition, body);
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            return new With(name, hint, parts.rel(), parts.rel());
        }

        @Override
        public List<Node> shortcuts() {
            Rel inlined =
                    (Rel)
                            body.map(it ->
                                    it instanceof From.Named(Relation relation, String alias)
                                                    && relation.name().equals(name)
                                            ? new From.Sub("", definition, alias)
                                            : it);
            return List.of(inlined, body, definition);
        }

        @Override
        public Set<String> labels() {
            return hint.isEmpty()
                    ? Set.of("with")
                    : Set.of("with", hint.strip().toLowerCase(Locale.ROOT));
        }
    }

    /// A recursive one.
    ///
    /// @param columns the columns of the recursive relation
    /// @param suffix SEARCH or CYCLE, or empty
    record Recursive(
            String name,
            List<Field> columns,
            Duplicates duplicates,
            Rel root,
            Rel step,
            String suffix,
            Rel body)
            implements Tables {
        public Recursive {
            columns = List.copyOf(columns);
        }

        @Override
        public List<Field> fields() {
            return body.fields();
        }

        @Override
        public String sql() {
            return "WITH RECURSIVE "
                    + Field.quote(name)
                    + columns.stream()
                            .map(it -> Field.quote(it.name()))
                            .collect(Collectors.joining(", ", " (", ") AS ("))
                    + branch(root)
                    + (duplicates == Duplicates.KEEP ? " UNION ALL " : " UNION ")
                    + branch(step)
                    + ")"
                    + suffix
                    + " "
                    + body.sql();
        }

        private static String branch(Rel query) {
            return query instanceof Select || query instanceof Values
                    ? query.sql()
                    : "(" + query.sql() + ")";
        }

        @Override
        public List<Node> children() {
            return List.of(root, step, body);
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            return new Recursive(
                    name, columns, duplicates, parts.rel(), parts.rel(), suffix, parts.rel());
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>();
            found.add(new With(name, "", root, body));
            found.add(root);
            if (!suffix.isEmpty()) {
                found.add(new Recursive(name, columns, duplicates, root, step, "", body));
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            String label =
                    duplicates == Duplicates.KEEP ? "recursive union all" : "recursive union";
            return suffix.isEmpty()
                    ? Set.of("recursive", label)
                    : Set.of(
                            "recursive",
                            label,
                            suffix.strip().split(" ", 2)[0].toLowerCase(Locale.ROOT));
        }
    }
}
