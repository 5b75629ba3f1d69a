package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// A query whose result depends on an order.
public sealed interface Ordering extends Rel {

    /// A column of the order.
    ///
    /// @param direction what follows the column's name, such as ` DESC NULLS LAST`
    record Sort(String column, String direction) {
        private String sql() {
            return Field.quote(column) + direction;
        }
    }

    private static String list(List<Sort> sorts) {
        return sorts.stream().map(Sort::sql).collect(Collectors.joining(", ", " ORDER BY ", ""));
    }

    /// ORDER BY with LIMIT, OFFSET or FETCH. Only WITH TIES leaves every column's image determined:
    /// else equal rows may be cut apart.
    ///
    /// @param query a SELECT, a set operation or VALUES
    /// @param bounds the text after ORDER BY, empty for all rows
    record Sorted(Rel query, List<Sort> sorts, String bounds) implements Ordering {
        public Sorted {
            sorts = List.copyOf(sorts);
        }

        @Override
        public List<Field> fields() {
            return bounds.isEmpty() || bounds.endsWith("TIES")
                    ? query.fields()
                    : query.fields().stream().map(Field::ambiguous).toList();
        }

        @Override
        public String sql() {
            return query.sql() + (sorts.isEmpty() ? "" : list(sorts)) + bounds;
        }

        @Override
        public List<Node> children() {
            return List.of(query);
        }

        @Override
        public Node with(List<Node> children) {
            Rel changed = new Parts(children).rel();
            Set<String> names =
                    changed.fields().stream().map(Field::name).collect(Collectors.toSet());
            List<Sort> left = sorts.stream().filter(it -> names.contains(it.column())).toList();
            return new Sorted(changed, left, bounds);
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>(List.of(query));
            if (bounds.contains(" OFFSET") && bounds.contains(" LIMIT")) {
                found.add(new Sorted(query, sorts, bounds.replaceAll(" OFFSET \\d+", "")));
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            return bounds.isEmpty()
                    ? Set.of("order by")
                    : bounds.endsWith("TIES")
                            ? Set.of("top k", "with ties")
                            : bounds.contains("OFFSET")
                                    ? Set.of("top k", "offset")
                                    : Set.of("top k");
        }
    }

    /// DISTINCT ON over the first columns of the order, which is total.
    record DistinctOn(Rel.Select query, int keys, List<Sort> sorts) implements Ordering {
        public DistinctOn {
            sorts = List.copyOf(sorts);
        }

        @Override
        public List<Field> fields() {
            return query.fields().stream().map(Field::ambiguous).toList();
        }

        @Override
        public String sql() {
            return "SELECT DISTINCT ON ("
                    + sorts.stream()
                            .limit(keys)
                            .map(it -> Field.quote(it.column()))
                            .collect(Collectors.joining(", "))
                    + ") "
                    + query.body()
                    + list(sorts);
        }

        @Override
        public List<Node> children() {
            return List.of(query);
        }

        @Override
        public Node with(List<Node> children) {
            // Without one of its columns the order would not be total.
            return children.getFirst() instanceof Rel.Select select
                            && select.targets().size() == query.targets().size()
                    ? new DistinctOn(select, keys, sorts)
                    : this;
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>(List.of(query));
            for (int i = 0; i < sorts.size() && sorts.size() > 1; i++) {
                String name = sorts.get(i).column();
                found.add(
                        new DistinctOn(
                                query.withTargets(
                                        query.targets().stream()
                                                .filter(it -> !it.name().equals(name))
                                                .toList()),
                                i < keys ? Math.max(1, keys - 1) : keys,
                                Rel.without(sorts).get(i)));
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            return Set.of("distinct on");
        }
    }
}
