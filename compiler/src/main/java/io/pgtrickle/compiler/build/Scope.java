package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The columns that expressions of one SELECT can name.
///
/// @param sources the FROM items, left to right
record Scope(List<Source> sources) {
    Scope {
        sources = List.copyOf(sources);
    }

    /// A FROM item: its alias and its columns under the names they are referred to by.
    record Source(Optional<String> alias, List<Visible> columns) {
        Source {
            columns = List.copyOf(columns);
        }

        /// The same columns under another alias and, as far as given, other names.
        Source renamed(Optional<String> newAlias, List<String> names) {
            List<Visible> renamed = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                String name = i < names.size() ? names.get(i) : columns.get(i).name();
                renamed.add(new Visible(name, columns.get(i).column()));
            }
            return new Source(newAlias, renamed);
        }
    }

    /// A column and the name it is referred to by.
    record Visible(String name, Column column) {}

    static Scope of(Source source) {
        return new Scope(List.of(source));
    }

    Scope and(Scope other) {
        List<Source> all = new ArrayList<>(sources);
        all.addAll(other.sources);
        return new Scope(all);
    }

    /// The scope after a left join: the columns of the right side can be NULL.
    Scope nullable() {
        return new Scope(
                sources.stream()
                        .map(source ->
                                new Source(
                                        source.alias(),
                                        source.columns().stream()
                                                .map(it ->
                                                        new Visible(
                                                                it.name(), it.column().nullable()))
                                                .toList()))
                        .toList());
    }

    /// All columns under one alias, as `(a JOIN b) AS alias` shows them.
    Source flattened(Optional<String> alias, List<String> names) {
        List<Visible> all = sources.stream().flatMap(source -> source.columns().stream()).toList();
        return new Source(alias, all).renamed(alias, names);
    }

    Column resolve(Optional<String> qualifier, String name) {
        List<Column> found =
                sources.stream()
                        .filter(source -> qualifier.isEmpty() || qualifier.equals(source.alias()))
                        .flatMap(source -> source.columns().stream())
                        .filter(column -> column.name().equals(name))
                        .map(Visible::column)
                        .distinct()
                        .toList();
        if (found.isEmpty()) {
            throw new UnsupportedConstruct(
                    "correlated reference",
                    "The column "
                            + qualifier.map(it -> it + ".").orElse("")
                            + name
                            + " belongs to an outer query or to the system columns of a table.");
        }
        return found.getFirst();
    }
}
