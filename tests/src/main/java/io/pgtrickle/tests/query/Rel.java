package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A query.
public sealed interface Rel extends Node
        permits Ordering, Rel.Select, Rel.SetOperation, Rel.Values, Tables {

    /// The columns of the result; names are unique.
    List<Field> fields();

    /// An output column of a SELECT.
    record Target(String name, Expr expression) {
        String sql() {
            return expression.sql() + " AS " + Field.quote(name);
        }
    }

    /// Whether duplicates go.
    enum Duplicates {
        KEEP,
        REMOVE
    }

    /// GROUP BY.
    ///
    /// @param template with holes for the keys: `§, §`, `ROLLUP (§, §)`
    record Grouping(String template, List<Expr> keys) {
        static final Grouping NONE = new Grouping("", List.of());

        public Grouping {
            keys = List.copyOf(keys);
        }

        static Grouping by(List<Expr> keys) {
            return new Grouping(
                    keys.stream().map(_ -> "§").collect(Collectors.joining(", ")), keys);
        }

        boolean sets() {
            return template.contains("(");
        }
    }

    /// An entry of WINDOW.
    record Window(String name, Expr definition) {}

    /// One SELECT. It is grouped when there are keys, HAVING, or aggregates among the targets.
    record Select(
            Duplicates duplicates,
            List<Target> targets,
            From from,
            Optional<Expr> where,
            Grouping grouping,
            Optional<Expr> having,
            List<Window> windows)
            implements Rel {
        public Select {
            targets = List.copyOf(targets);
            windows = List.copyOf(windows);
        }

        /// Some columns of the rows that meet a condition.
        static Select of(List<Target> targets, From from, Optional<Expr> where) {
            return new Select(
                    Duplicates.KEEP,
                    targets,
                    from,
                    where,
                    Grouping.NONE,
                    Optional.empty(),
                    List.of());
        }

        @Override
        public List<Field> fields() {
            return targets.stream()
                    .map(it ->
                            new Field(it.name(), it.expression().type(), it.expression().exact()))
                    .map(field -> duplicates == Duplicates.REMOVE ? field.ambiguous() : field)
                    .toList();
        }

        @Override
        public String sql() {
            return "SELECT " + (duplicates == Duplicates.REMOVE ? "DISTINCT " : "") + body();
        }

        /// What follows SELECT.
        String body() {
            StringBuilder text = new StringBuilder();
            text.append(targets.stream().map(Target::sql).collect(Collectors.joining(", ")))
                    .append(" FROM ")
                    .append(from.sql());
            where.ifPresent(it -> text.append(" WHERE ").append(it.sql()));
            if (!grouping.template().isEmpty()) {
                text.append(" GROUP BY ").append(Expr.fill(grouping.template(), grouping.keys()));
            }
            having.ifPresent(it -> text.append(" HAVING ").append(it.sql()));
            if (!windows.isEmpty()) {
                text.append(
                        windows.stream()
                                .map(it -> it.name() + " AS (" + it.definition().sql() + ")")
                                .collect(Collectors.joining(", ", " WINDOW ", "")));
            }
            return text.toString();
        }

        @Override
        public List<Node> children() {
            return Stream.of(
                            Stream.of(from),
                            targets.stream().map(Target::expression),
                            where.stream(),
                            grouping.keys().stream(),
                            having.stream(),
                            windows.stream().map(Window::definition))
                    .flatMap(it -> it.map(Node.class::cast))
                    .toList();
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            From first = parts.from();
            List<Target> second = new ArrayList<>();
            targets.forEach(it -> second.add(new Target(it.name(), parts.expr())));
            Optional<Expr> third = where.map(_ -> parts.expr());
            Grouping fourth =
                    new Grouping(grouping.template(), parts.exprs(grouping.keys().size()));
            Optional<Expr> fifth = having.map(_ -> parts.expr());
            List<Window> sixth = new ArrayList<>();
            windows.forEach(it -> sixth.add(new Window(it.name(), parts.expr())));
            return new Select(duplicates, second, first, third, fourth, fifth, sixth);
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>();
            from.all()
                    .filter(From.Sub.class::isInstance)
                    .map(it -> ((From.Sub) it).query())
                    .forEach(found::add);
            if (where.isPresent()) {
                found.add(with(targets, Optional.empty(), grouping, having, windows));
            }
            if (having.isPresent()) {
                found.add(with(targets, where, grouping, Optional.empty(), windows));
            }
            if (duplicates == Duplicates.REMOVE) {
                found.add(
                        new Select(
                                Duplicates.KEEP, targets, from, where, grouping, having, windows));
            }
            if (targets.size() > 1) {
                without(targets).forEach(it -> found.add(withTargets(it)));
            }
            if (grouping.sets()) {
                Grouping plain = Grouping.by(grouping.keys().stream().distinct().toList());
                found.add(with(targets, where, plain, having, windows));
            } else {
                without(grouping.keys())
                        .forEach(it ->
                                found.add(with(targets, where, Grouping.by(it), having, windows)));
            }
            without(windows).forEach(it -> found.add(with(targets, where, grouping, having, it)));
            return found;
        }

        Select withTargets(List<Target> value) {
            return with(value, where, grouping, having, windows);
        }

        private Select with(
                List<Target> first,
                Optional<Expr> second,
                Grouping third,
                Optional<Expr> fourth,
                List<Window> fifth) {
            return new Select(duplicates, first, from, second, third, fourth, fifth);
        }

        boolean aggregates() {
            return !grouping.template().isEmpty()
                    || targets.stream().anyMatch(it -> it.expression().aggregated())
                    || having.isPresent();
        }

        @Override
        public Set<String> labels() {
            Set<String> found = new TreeSet<>();
            where.ifPresent(_ -> found.add("filter"));
            having.ifPresent(_ -> found.add("having"));
            if (duplicates == Duplicates.REMOVE) {
                found.add("distinct");
            }
            if (aggregates()) {
                found.add(grouping.template().isEmpty() ? "aggregate without keys" : "aggregate");
            }
            if (grouping.sets()) {
                found.add("grouping sets");
            }
            if (!windows.isEmpty()) {
                found.add("named window");
            }
            return found;
        }
    }

    /// UNION, INTERSECT, EXCEPT.
    record SetOperation(Kind kind, Duplicates duplicates, Rel left, Rel right) implements Rel {
        /// Which one.
        public enum Kind {
            UNION,
            INTERSECT,
            EXCEPT
        }

        @Override
        public List<Field> fields() {
            List<Field> lefts = left.fields();
            List<Field> rights = right.fields();
            boolean every = kind == Kind.UNION && duplicates == Duplicates.KEEP;
            return IntStream.range(0, Math.min(lefts.size(), rights.size()))
                    .mapToObj(i -> {
                        Field a = lefts.get(i);
                        Field b = rights.get(i);
                        return new Field(a.name(), a.type().with(b.type()), a.exact() && b.exact());
                    })
                    .map(field -> every ? field : field.ambiguous())
                    .toList();
        }

        @Override
        public String sql() {
            String all = duplicates == Duplicates.KEEP ? " ALL" : "";
            return "(" + left.sql() + ") " + kind + all + " (" + right.sql() + ")";
        }

        @Override
        public List<Node> children() {
            return List.of(left, right);
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            return new SetOperation(kind, duplicates, parts.rel(), parts.rel());
        }

        @Override
        public List<Node> shortcuts() {
            List<Node> found = new ArrayList<>(List.of(left, renamed(right, left.fields())));
            if (kind != Kind.UNION || duplicates == Duplicates.REMOVE) {
                found.add(new SetOperation(Kind.UNION, Duplicates.KEEP, left, right));
            }
            for (int i = 0; i < left.fields().size(); i++) {
                found.add(new SetOperation(kind, duplicates, without(left, i), without(right, i)));
            }
            return found;
        }

        @Override
        public Set<String> labels() {
            String all = duplicates == Duplicates.KEEP ? " all" : "";
            return Set.of(kind.name().toLowerCase(Locale.ROOT) + all);
        }

        private static Rel without(Rel query, int column) {
            return switch (query) {
                case Select select when select.targets().size() > 1 ->
                        select.withTargets(Rel.without(select.targets()).get(column));
                case SetOperation(var kind, var duplicates, Rel left, Rel right) ->
                        new SetOperation(
                                kind, duplicates, without(left, column), without(right, column));
                case Select _, Values _, Ordering _, Tables _ -> query;
            };
        }

        private static Rel renamed(Rel query, List<Field> names) {
            if (!(query instanceof Select select) || select.targets().size() != names.size()) {
                return query;
            }
            return select.withTargets(
                    IntStream.range(0, names.size())
                            .mapToObj(i ->
                                    new Target(
                                            names.get(i).name(),
                                            select.targets().get(i).expression()))
                            .toList());
        }
    }

    /// VALUES; its columns have the names that PostgreSQL gives them.
    record Values(List<List<Expr>> rows) implements Rel {
        public Values {
            rows = rows.stream().map(List::copyOf).toList();
        }

        @Override
        public List<Field> fields() {
            return IntStream.range(0, rows.getFirst().size())
                    .mapToObj(i ->
                            new Field(
                                    "column" + (i + 1),
                                    rows.getFirst().get(i).type(),
                                    rows.stream().allMatch(row -> row.get(i).exact())))
                    .toList();
        }

        @Override
        public String sql() {
            return rows.stream()
                    .map(row ->
                            row.stream().map(Expr::sql).collect(Collectors.joining(", ", "(", ")")))
                    .collect(Collectors.joining(", ", "VALUES ", ""));
        }

        @Override
        public List<Node> children() {
            return rows.stream().flatMap(List::stream).map(Node.class::cast).toList();
        }

        @Override
        public Node with(List<Node> children) {
            Parts parts = new Parts(children);
            return new Values(rows.stream().map(row -> parts.exprs(row.size())).toList());
        }

        @Override
        public List<Node> shortcuts() {
            return rows.size() == 1
                    ? List.of()
                    : without(rows).stream().map(it -> (Node) new Values(it)).toList();
        }

        @Override
        public Set<String> labels() {
            return Set.of("values");
        }
    }

    /// The lists that lack one element.
    static <T> List<List<T>> without(List<T> list) {
        return IntStream.range(0, list.size())
                .mapToObj(i -> {
                    List<T> copy = new ArrayList<>(list);
                    copy.remove(i);
                    return List.copyOf(copy);
                })
                .toList();
    }
}
