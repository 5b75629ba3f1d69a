package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Dice;
import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.From;
import io.pgtrickle.tests.query.QueryGenerator;
import io.pgtrickle.tests.query.QueryGenerator.Repertoire;
import io.pgtrickle.tests.query.Rel;
import io.pgtrickle.tests.query.Relation;
import io.pgtrickle.tests.query.Type;
import io.pgtrickle.tests.query.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Makes a case of a seed.
public final class ScenarioGenerator {
    private static final int BASIC = 4;
    private static final int DIVIDED = 5;
    private static final List<String> TABLE_NAMES =
            List.of("t", "Orders", "order", "a b", "quo\"te", "t1", "user", "größe", "pgt");
    private static final List<String> COLUMN_NAMES =
            List.of(
                    "a",
                    "b",
                    "c",
                    "d",
                    "xid",
                    "weight",
                    "change_id",
                    "c1",
                    "Select",
                    "a b",
                    "we\"ird",
                    "ä",
                    "count",
                    "new");

    private final Dice dice;
    private final Repertoire repertoire;
    private final boolean divided;

    private ScenarioGenerator(Dice dice, Repertoire repertoire, boolean divided) {
        this.dice = dice;
        this.repertoire = repertoire;
        this.divided = divided;
    }

    /// The case of a seed; every fourth seed is of the basic repertoire, and the stream tables of
    /// every fifth are partitioned.
    public static Scenario of(long seed) {
        return of(seed, seed % BASIC == 0 ? Repertoire.BASIC : Repertoire.ALL);
    }

    /// The case of a seed.
    public static Scenario of(long seed, Repertoire repertoire) {
        return new ScenarioGenerator(new Dice(seed), repertoire, seed % DIVIDED == 0).scenario();
    }

    private Scenario scenario() {
        List<Table> tables = tables();
        List<Change> data = new ArrayList<>();
        for (Table table : tables) {
            int rows = dice.chance(0.15) ? 0 : dice.between(1, 10);
            if (rows > 0) {
                data.add(new DataGenerator(dice, table).insert(rows, " ON CONFLICT DO NOTHING"));
            }
        }
        List<Relation> relations = new ArrayList<>(tables.stream().map(Table::relation).toList());
        List<Scenario.View> views = new ArrayList<>();
        QueryGenerator queries = new QueryGenerator(dice, repertoire);
        if (dice.chance(0.15)) {
            Rel query = queries.query(relations, 1);
            views.add(new Scenario.View("view 1", query));
            relations.add(Relation.of("view 1", query.fields()));
            if (repertoire == Repertoire.ALL && dice.chance(0.4)) {
                Rel over = queries.query(relations, 1);
                views.add(new Scenario.View("view 2", over));
                relations.add(Relation.of("view 2", over.fields()));
            }
        }
        List<Scenario.StreamTable> streamTables = streamTables(queries, relations);
        List<Event> events = new TransactionGenerator(dice, tables).events();
        return new Scenario(tables, data, views, streamTables, events);
    }

    private List<Table> tables() {
        List<Table> tables = new ArrayList<>();
        for (String name : dice.some(TABLE_NAMES, dice.between(2, 4))) {
            List<String> names = dice.some(COLUMN_NAMES, dice.between(2, 5));
            List<Table.Column> columns = new ArrayList<>();
            for (String column : names) {
                columns.add(new Table.Column(column, type(), dice.chance(0.25)));
            }
            // Every table can be joined with every other one.
            columns.set(0, new Table.Column(names.getFirst(), Type.INTEGER, dice.chance(0.3)));
            tables.add(new Table(name, columns, key(columns), indexes(columns), false));
        }
        return tables;
    }

    private Type type() {
        return dice.chance(0.45)
                ? dice.oneOf(Type.INTEGER, Type.TEXT, Type.NUMERIC)
                : dice.pick(Type.ofColumns());
    }

    private List<String> key(List<Table.Column> columns) {
        if (dice.chance(0.4)) {
            return List.of();
        }
        List<String> first = List.of(columns.getFirst().name());
        return dice.chance(0.35) && columns.get(1).type().hasEquality()
                ? List.of(columns.getFirst().name(), columns.get(1).name())
                : first;
    }

    private List<List<String>> indexes(List<Table.Column> columns) {
        return columns.stream()
                .filter(it -> it.type().hasEquality() && dice.chance(0.1))
                .map(it -> List.of(it.name()))
                .toList();
    }

    private List<Scenario.StreamTable> streamTables(
            QueryGenerator queries, List<Relation> relations) {
        List<Relation> known = new ArrayList<>(relations);
        List<Scenario.StreamTable> found = new ArrayList<>();
        int count = dice.chance(0.65) ? 1 : dice.between(2, 3);
        for (int i = 1; i <= count; i++) {
            Rel query = reading(queries, known, count == 1 ? depth() : 1);
            String name = "s" + i;
            String mode = repertoire == Repertoire.ALL ? "auto" : "differential";
            found.add(
                    new Scenario.StreamTable(
                            name, query, divided ? List.of(mode, "divided") : List.of(mode)));
            // What is stored is determined, whatever it came from, except that floats do not add
            // up.
            List<Field> stored =
                    query.fields().stream()
                            .map(it ->
                                    new Field(
                                            it.name(), it.type(), it.exact() || addable(it.type())))
                            .toList();
            known =
                    new ArrayList<>(
                            Stream.concat(
                                            known.stream(),
                                            Stream.of(
                                                    Relation.of(name, stored),
                                                    Relation.of(name, stored)))
                                    .toList());
        }
        return found;
    }

    /// A query that reads some relation, as a stream table's must.
    private static Rel reading(QueryGenerator queries, List<Relation> known, int depth) {
        Rel query;
        do {
            query = queries.query(known, depth);
        } while (query.all()
                .noneMatch(it ->
                        it instanceof From.Named(Relation relation, _)
                                && known.contains(relation)));
        return query;
    }

    private int depth() {
        return repertoire == Repertoire.ALL ? dice.oneOf(0, 1, 2, 2, 3, 3) : dice.between(0, 2);
    }

    private static boolean addable(Type type) {
        return type.family() != Type.Family.FLOAT && type != Type.INTERVAL;
    }

    /// Rows of one table.
    static final class DataGenerator {
        private final Dice dice;
        private final Table table;

        DataGenerator(Dice dice, Table table) {
            this.dice = dice;
            this.table = table;
        }

        Change.Insert insert(int count, String suffix) {
            List<List<String>> rows = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                rows.add(
                        i > 0 && table.key().isEmpty() && dice.chance(0.25)
                                ? rows.getLast()
                                : row());
            }
            return new Change.Insert(
                    table.name(),
                    table.columns().stream().map(Table.Column::name).toList(),
                    rows,
                    suffix);
        }

        private List<String> row() {
            return table.columns().stream().map(this::value).toList();
        }

        String value(Table.Column column) {
            boolean key = table.key().contains(column.name());
            if (key && column.type() == Type.INTEGER) {
                return String.valueOf(dice.between(0, table.key().size() > 1 ? 5 : 14));
            }
            return Values.literal(dice, column.type(), key || column.notNull() ? 0 : 0.2);
        }
    }
}
