package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Simplification;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/// The ways to make a scenario smaller, coarse ones first.
public enum Shrinking {
    HALF_OF_THE_TRANSACTIONS,
    TRANSACTIONS,
    STATEMENTS,
    STREAM_TABLES,
    VIEWS,
    TABLES,
    QUERIES,
    ROWS,
    COLUMNS;

    /// Smaller scenarios; not all of them are valid.
    public List<Scenario> candidates(Scenario scenario) {
        return switch (this) {
            case HALF_OF_THE_TRANSACTIONS -> halves(scenario);
            case TRANSACTIONS -> transactions(scenario);
            case STATEMENTS -> without(scenario.events(), scenario::withEvents);
            case STREAM_TABLES -> without(scenario.streamTables(), scenario::withStreamTables);
            case VIEWS -> without(scenario.views(), scenario::withViews);
            case TABLES -> tables(scenario);
            case QUERIES -> queries(scenario);
            case ROWS -> rows(scenario);
            case COLUMNS -> columns(scenario);
        };
    }

    private static List<Scenario> halves(Scenario scenario) {
        int size = scenario.events().size();
        return size < 6
                ? List.of()
                : List.of(
                        scenario.withEvents(scenario.events().subList(0, size / 2)),
                        scenario.withEvents(scenario.events().subList(size / 2, size)));
    }

    private static List<Scenario> transactions(Scenario scenario) {
        return scenario.events().stream()
                .filter(Event.Run.class::isInstance)
                .map(it -> ((Event.Run) it).transaction())
                .distinct()
                .map(number ->
                        scenario.withEvents(
                                scenario.events().stream()
                                        .filter(it ->
                                                !(it instanceof Event.Run run
                                                        && run.transaction() == number))
                                        .toList()))
                .toList();
    }

    private static List<Scenario> tables(Scenario scenario) {
        List<Scenario> found = new ArrayList<>();
        for (Table table : scenario.tables()) {
            found.add(
                    scenario.withTables(
                                    scenario.tables().stream()
                                            .filter(it -> !it.equals(table))
                                            .toList())
                            .withData(
                                    scenario.data().stream()
                                            .filter(it ->
                                                    !(it instanceof Change.Insert insert
                                                            && insert.table().equals(table.name())))
                                            .toList()));
        }
        return found;
    }

    private static <T> List<Scenario> without(List<T> list, Function<List<T>, Scenario> rebuild) {
        return IntStream.range(0, list.size())
                .mapToObj(i -> {
                    List<T> copy = new ArrayList<>(list);
                    copy.remove(i);
                    return rebuild.apply(copy);
                })
                .toList();
    }

    private static <T> List<Scenario> each(
            List<T> list, Function<T, List<T>> smaller, Function<List<T>, Scenario> rebuild) {
        List<Scenario> found = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            for (T less : smaller.apply(list.get(i))) {
                List<T> copy = new ArrayList<>(list);
                copy.set(i, less);
                found.add(rebuild.apply(copy));
            }
        }
        return found;
    }

    private static List<Scenario> queries(Scenario scenario) {
        List<Scenario> found =
                new ArrayList<>(
                        each(
                                scenario.streamTables(),
                                it ->
                                        Simplification.of(it.query()).stream()
                                                .map(less ->
                                                        new Scenario.StreamTable(
                                                                it.name(), less, it.modes()))
                                                .toList(),
                                scenario::withStreamTables));
        found.addAll(
                each(
                        scenario.views(),
                        it ->
                                Simplification.of(it.query()).stream()
                                        .map(less -> new Scenario.View(it.name(), less))
                                        .toList(),
                        scenario::withViews));
        return found;
    }

    private static List<Scenario> rows(Scenario scenario) {
        List<Scenario> found = new ArrayList<>(without(scenario.data(), scenario::withData));
        found.addAll(each(scenario.data(), Change::smaller, scenario::withData));
        found.addAll(
                each(
                        scenario.events(),
                        event ->
                                switch (event) {
                                    case Event.Refresh _ -> List.of();
                                    case Event.Run(
                                                    int connection,
                                                    int transaction,
                                                    Change change) ->
                                            change.smaller().stream()
                                                    .map(it ->
                                                            (Event)
                                                                    new Event.Run(
                                                                            connection,
                                                                            transaction,
                                                                            it))
                                                    .toList();
                                },
                        scenario::withEvents));
        return found;
    }

    private static List<Scenario> columns(Scenario scenario) {
        List<Scenario> found = new ArrayList<>();
        for (Table table : scenario.tables()) {
            if (!table.key().isEmpty() || !table.indexes().isEmpty()) {
                found.add(
                        replaced(
                                scenario,
                                table,
                                new Table(
                                        table.name(),
                                        table.columns(),
                                        List.of(),
                                        List.of(),
                                        table.partitioned())));
            }
            if (table.columns().size() > 1) {
                for (Table.Column column : table.columns()) {
                    found.add(without(scenario, table, column.name()));
                }
            }
        }
        return found;
    }

    private static Scenario replaced(Scenario scenario, Table table, Table other) {
        return scenario.withTables(
                scenario.tables().stream().map(it -> it.equals(table) ? other : it).toList());
    }

    private static Scenario without(Scenario scenario, Table table, String column) {
        return replaced(scenario, table, table.without(column))
                .withData(
                        scenario.data().stream()
                                .map(it -> it.without(table.name(), column))
                                .toList())
                .withEvents(
                        scenario.events().stream()
                                .map(event ->
                                        switch (event) {
                                            case Event.Refresh refresh -> refresh;
                                            case Event.Run(
                                                            int connection,
                                                            int transaction,
                                                            Change change) ->
                                                    (Event)
                                                            new Event.Run(
                                                                    connection,
                                                                    transaction,
                                                                    change.without(
                                                                            table.name(), column));
                                        })
                                .toList());
    }
}
