package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A query.
public sealed interface Rel {

    /// The columns of the result; names are unique.
    List<Field> fields();

    /// Its text.
    String sql();

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

    /// One SELECT. It is grouped when there are keys, HAVING, or aggregates among the targets.
    record Select(
            Duplicates duplicates,
            List<Target> targets,
            From from,
            Optional<Expr> where,
            List<Expr> keys,
            Optional<Expr> having)
            implements Rel {
        public Select {
            targets = List.copyOf(targets);
            keys = List.copyOf(keys);
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
            StringBuilder text = new StringBuilder("SELECT ");
            text.append(duplicates == Duplicates.REMOVE ? "DISTINCT " : "")
                    .append(targets.stream().map(Target::sql).collect(Collectors.joining(", ")))
                    .append(" FROM ")
                    .append(from.sql());
            where.ifPresent(it -> text.append(" WHERE ").append(it.sql()));
            if (!keys.isEmpty()) {
                text.append(" GROUP BY ")
                        .append(keys.stream().map(Expr::sql).collect(Collectors.joining(", ")));
            }
            having.ifPresent(it -> text.append(" HAVING ").append(it.sql()));
            return text.toString();
        }

        Select withTargets(List<Target> value) {
            return new Select(duplicates, value, from, where, keys, having);
        }

        Select withWhere(Optional<Expr> value) {
            return new Select(duplicates, targets, from, value, keys, having);
        }

        Select withHaving(Optional<Expr> value) {
            return new Select(duplicates, targets, from, where, keys, value);
        }

        Select withKeys(List<Expr> value) {
            return new Select(duplicates, targets, from, where, value, having);
        }

        Select withFrom(From value) {
            Set<String> lost = From.lost(from, value);
            return new Select(
                    duplicates,
                    targets.stream()
                            .map(it -> new Target(it.name(), it.expression().without(lost)))
                            .toList(),
                    value.without(lost),
                    where.map(it -> it.without(lost)),
                    keys.stream().map(it -> it.without(lost)).filter(Expr::hasReference).toList(),
                    having.map(it -> it.without(lost)));
        }
    }

    /// UNION or UNION ALL.
    record Union(Duplicates duplicates, Rel left, Rel right) implements Rel {
        @Override
        public List<Field> fields() {
            List<Field> lefts = left.fields();
            List<Field> rights = right.fields();
            return IntStream.range(0, Math.min(lefts.size(), rights.size()))
                    .mapToObj(i -> {
                        Field a = lefts.get(i);
                        Field b = rights.get(i);
                        return new Field(a.name(), a.type().with(b.type()), a.exact() && b.exact());
                    })
                    .map(field -> duplicates == Duplicates.REMOVE ? field.ambiguous() : field)
                    .toList();
        }

        @Override
        public String sql() {
            return "("
                    + left.sql()
                    + (duplicates == Duplicates.KEEP ? ") UNION ALL (" : ") UNION (")
                    + right.sql()
                    + ")";
        }
    }

    /// A common table expression and the query that may name it.
    record With(String name, Rel definition, Rel body) implements Rel {
        @Override
        public List<Field> fields() {
            return body.fields();
        }

        @Override
        public String sql() {
            return "WITH " + Field.quote(name) + " AS (" + definition.sql() + ") " + body.sql();
        }
    }

    /// The operators that occur in it, by name.
    default Set<String> operators() {
        Set<String> found = new LinkedHashSet<>();
        switch (this) {
            case Select select -> {
                select.where().ifPresent(_ -> found.add("filter"));
                select.having().ifPresent(_ -> found.add("having"));
                if (select.duplicates() == Duplicates.REMOVE) {
                    found.add("distinct");
                }
                boolean aggregates =
                        select.targets().stream().anyMatch(it -> aggregated(it.expression()));
                if (aggregates || !select.keys().isEmpty()) {
                    found.add(select.keys().isEmpty() ? "aggregate without keys" : "aggregate");
                }
                joins(select.from()).forEach(kind -> found.add(kind + " join"));
                select.from()
                        .queries()
                        .forEach(sub -> {
                            found.add("sub-select");
                            sub.operators()
                                    .forEach(it -> {
                                        found.add(it);
                                        if (it.startsWith("aggregate")
                                                && found.contains("aggregate")) {
                                            found.add("aggregate over aggregate");
                                        }
                                    });
                        });
            }
            case Union(var duplicates, Rel left, Rel right) -> {
                found.add(duplicates == Duplicates.KEEP ? "union all" : "union");
                found.addAll(left.operators());
                found.addAll(right.operators());
            }
            case With(_, Rel definition, Rel body) -> {
                found.add("with");
                found.addAll(definition.operators());
                found.addAll(body.operators());
            }
        }
        return found;
    }

    private static boolean aggregated(Expr expr) {
        return switch (expr) {
            case Expr.Ref _ -> false;
            case Expr.Call call ->
                    call.template().matches("(count|sum|avg|min|max)\\(.*")
                            || call.arguments().stream().anyMatch(Rel::aggregated);
        };
    }

    private static Stream<From.Join.Kind> joins(From from) {
        return switch (from) {
            case From.Named _, From.Sub _ -> Stream.of();
            case From.Join(var kind, From left, From right, _) ->
                    Stream.concat(Stream.of(kind), Stream.concat(joins(left), joins(right)));
        };
    }

    /// Simpler queries; some of them are not valid SQL.
    default List<Rel> smaller() {
        return switch (this) {
            case Select select -> smaller(select);
            case Union(var duplicates, Rel left, Rel right) -> {
                List<Rel> found = new ArrayList<>(List.of(left, renamed(right, left.fields())));
                left.smaller().forEach(less -> found.add(new Union(duplicates, less, right)));
                right.smaller().forEach(less -> found.add(new Union(duplicates, left, less)));
                for (int i = 0; i < left.fields().size(); i++) {
                    found.add(new Union(duplicates, without(left, i), without(right, i)));
                }
                yield found;
            }
            case With(String name, Rel definition, Rel body) -> {
                List<Rel> found = new ArrayList<>(List.of(body, definition));
                definition.smaller().forEach(less -> found.add(new With(name, less, body)));
                body.smaller().forEach(less -> found.add(new With(name, definition, less)));
                yield found;
            }
        };
    }

    private static Rel without(Rel query, int column) {
        return query instanceof Select select && select.targets().size() > 1
                ? select.withTargets(replaced(select.targets(), column, Optional.empty()))
                : query;
    }

    private static Rel renamed(Rel query, List<Field> names) {
        if (!(query instanceof Select select) || select.targets().size() != names.size()) {
            return query;
        }
        return select.withTargets(
                IntStream.range(0, names.size())
                        .mapToObj(i ->
                                new Target(
                                        names.get(i).name(), select.targets().get(i).expression()))
                        .toList());
    }

    private static List<Rel> smaller(Select select) {
        List<Rel> found = new ArrayList<>(select.from().queries().toList());
        select.where()
                .ifPresent(it -> {
                    found.add(select.withWhere(Optional.empty()));
                    it.smaller().forEach(less -> found.add(select.withWhere(Optional.of(less))));
                });
        select.having()
                .ifPresent(it -> {
                    found.add(select.withHaving(Optional.empty()));
                    it.smaller().forEach(less -> found.add(select.withHaving(Optional.of(less))));
                });
        if (select.duplicates() == Duplicates.REMOVE) {
            found.add(
                    new Select(
                            Duplicates.KEEP,
                            select.targets(),
                            select.from(),
                            select.where(),
                            select.keys(),
                            select.having()));
        }
        select.from().smaller().forEach(less -> found.add(select.withFrom(less)));
        for (int i = 0; i < select.targets().size(); i++) {
            Target target = select.targets().get(i);
            if (select.targets().size() > 1) {
                found.add(select.withTargets(replaced(select.targets(), i, Optional.empty())));
            }
            for (Expr less : target.expression().smaller()) {
                Target replacement = new Target(target.name(), less);
                found.add(
                        select.withTargets(
                                replaced(select.targets(), i, Optional.of(replacement))));
            }
        }
        for (int i = 0; i < select.keys().size(); i++) {
            found.add(select.withKeys(replaced(select.keys(), i, Optional.empty())));
        }
        return found;
    }

    private static <T> List<T> replaced(List<T> list, int index, Optional<T> replacement) {
        List<T> copy = new ArrayList<>(list);
        if (replacement.isPresent()) {
            copy.set(index, replacement.get());
        } else {
            copy.remove(index);
        }
        return copy;
    }
}
