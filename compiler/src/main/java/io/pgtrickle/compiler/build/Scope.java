package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/// The columns that expressions of one SELECT can name.
///
/// @param sources the FROM items, left to right
/// @param outer what the enclosing query shows to a sub-query
record Scope(List<Source> sources, Optional<Scope> outer) {
    Scope {
        sources = List.copyOf(sources);
    }

    /// A FROM item: its alias, its columns under the names they are referred to by, and the column
    /// that holds its whole row if somebody uses it.
    record Source(Optional<String> alias, List<Visible> columns, Optional<Column> wholeRow) {
        Source {
            columns = List.copyOf(columns);
        }

        Source(Optional<String> alias, List<Visible> columns) {
            this(alias, columns, Optional.empty());
        }

        /// The same columns under another alias and, as far as given, other names.
        Source renamed(Optional<String> newAlias, List<String> names) {
            List<Visible> renamed = new ArrayList<>();
            for (int i = 0; i < columns.size(); i++) {
                String name = i < names.size() ? names.get(i) : columns.get(i).name();
                renamed.add(new Visible(name, columns.get(i).column()));
            }
            return new Source(newAlias, renamed, wholeRow);
        }

        Source map(UnaryOperator<Column> other) {
            return new Source(
                    alias,
                    columns.stream()
                            .map(it -> new Visible(it.name(), other.apply(it.column())))
                            .toList(),
                    wholeRow.map(other));
        }
    }

    /// A column and the name it is referred to by.
    record Visible(String name, Column column) {}

    static Scope of(Source source) {
        return new Scope(List.of(source), Optional.empty());
    }

    static Scope empty() {
        return new Scope(List.of(), Optional.empty());
    }

    Scope and(Scope other) {
        List<Source> all = new ArrayList<>(sources);
        all.addAll(other.sources);
        return new Scope(all, outer);
    }

    /// The same columns, inside another query.
    Scope inside(Optional<Scope> enclosing) {
        return new Scope(sources, enclosing);
    }

    /// The scope on the side of an outer join that can be extended with NULL.
    Scope nullable() {
        return map(Column::nullable);
    }

    /// The same names for other columns.
    Scope map(UnaryOperator<Column> other) {
        return new Scope(sources.stream().map(source -> source.map(other)).toList(), outer);
    }

    /// All columns of the scope, in order.
    List<Visible> columns() {
        return sources.stream().flatMap(source -> source.columns().stream()).toList();
    }

    /// The innermost column of that name.
    Column resolve(Optional<String> qualifier, String name) {
        return find(qualifier, name)
                .or(() -> outer.map(it -> it.resolve(qualifier, name)))
                .orElseThrow(() ->
                        new UnsupportedConstruct(
                                "system column " + name,
                                "The column "
                                        + qualifier.map(it -> it + ".").orElse("")
                                        + name
                                        + " is a system column of a table; its changes are not captured."));
    }

    private Optional<Column> find(Optional<String> qualifier, String name) {
        return sources.stream()
                .filter(source -> qualifier.isEmpty() || qualifier.equals(source.alias()))
                .flatMap(source -> source.columns().stream())
                .filter(column -> column.name().equals(name))
                .map(Visible::column)
                .findFirst();
    }

    /// The column that holds the whole row of a FROM item.
    Column wholeRow(String alias) {
        return sources.stream()
                .filter(source -> source.alias().filter(alias::equals).isPresent())
                .flatMap(source -> source.wholeRow().stream())
                .findFirst()
                .or(() -> outer.map(it -> it.wholeRow(alias)))
                .orElseThrow(() ->
                        new UnsupportedConstruct(
                                "whole-row reference",
                                "The row of " + alias + " is used as a value."));
    }
}
