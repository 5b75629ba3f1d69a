package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Constructs;
import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.From;
import io.pgtrickle.tests.query.Rel;
import io.pgtrickle.tests.query.Relation;
import io.pgtrickle.tests.script.Command;
import io.pgtrickle.tests.script.Script;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// A random case: schema, data, stream tables, and what happens.
public record Scenario(
        List<Table> tables,
        List<Change> data,
        List<View> views,
        List<StreamTable> streamTables,
        List<Event> events) {
    public Scenario {
        tables = List.copyOf(tables);
        data = List.copyOf(data);
        views = List.copyOf(views);
        streamTables = List.copyOf(streamTables);
        events = List.copyOf(events);
    }

    /// A view.
    public record View(String name, Rel query) {}

    /// A stream table.
    ///
    /// @param modes the modes to ask for, one after the other while they are refused
    public record StreamTable(String name, Rel query, List<String> modes) {
        public StreamTable {
            modes = List.copyOf(modes);
        }
    }

    /// The operators of all queries.
    public Set<String> operators() {
        Set<String> found = new LinkedHashSet<>();
        views.forEach(it -> {
            found.add("view");
            found.addAll(Constructs.of(it.query()));
        });
        streamTables.forEach(it -> found.addAll(Constructs.of(it.query())));
        Set<String> names =
                streamTables.stream().map(StreamTable::name).collect(Collectors.toSet());
        boolean nested =
                streamTables.stream()
                        .flatMap(it -> it.query().all())
                        .anyMatch(it ->
                                it instanceof From.Named(Relation relation, _)
                                        && names.contains(relation.name()));
        if (nested) {
            found.add("stream table over stream table");
        }
        return found;
    }

    /// The flat form.
    public Script script() {
        List<Command> commands = new ArrayList<>();
        Definitions.usedBy(this).forEach(sql -> commands.add(new Command.Sql(1, sql)));
        tables.forEach(table -> table.sql().forEach(sql -> commands.add(new Command.Sql(1, sql))));
        data.forEach(change -> commands.add(new Command.Sql(1, change.sql())));
        views.forEach(it ->
                commands.add(
                        new Command.Sql(
                                1,
                                "CREATE VIEW "
                                        + Field.quote(it.name())
                                        + " AS "
                                        + it.query().sql())));
        streamTables.forEach(it -> {
            List<Field> fields = it.query().fields();
            List<Integer> exact =
                    IntStream.range(0, fields.size())
                            .filter(i -> fields.get(i).exact())
                            .mapToObj(i -> i + 1)
                            .toList();
            commands.add(new Command.Create(it.name(), it.query().sql(), exact, it.modes()));
        });
        commands.add(new Command.Check());
        for (Event event : events) {
            switch (event) {
                case Event.Run(int connection, _, Change change) ->
                        commands.add(new Command.Sql(connection, change.sql()));
                case Event.Refresh _ -> {
                    commands.add(new Command.Refresh(List.of()));
                    commands.add(new Command.Check());
                }
            }
        }
        return new Script(commands);
    }

    Scenario withTables(List<Table> value) {
        return new Scenario(value, data, views, streamTables, events);
    }

    Scenario withData(List<Change> value) {
        return new Scenario(tables, value, views, streamTables, events);
    }

    Scenario withViews(List<View> value) {
        return new Scenario(tables, data, value, streamTables, events);
    }

    Scenario withStreamTables(List<StreamTable> value) {
        return new Scenario(tables, data, views, value, events);
    }

    Scenario withEvents(List<Event> value) {
        return new Scenario(tables, data, views, streamTables, value);
    }
}
