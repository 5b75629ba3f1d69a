package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Dice;
import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Random transactions on several connections, some of them open across refreshes.
final class TransactionGenerator {
    private final Dice dice;
    private final List<Table> tables;
    private final List<Event> events = new ArrayList<>();
    private final Map<Integer, Open> open = new TreeMap<>();
    private int transactions;

    TransactionGenerator(Dice dice, List<Table> tables) {
        this.dice = dice;
        this.tables = tables;
    }

    private static final class Open {
        private final int number;
        private boolean savepoint;
        private boolean truncated;

        Open(int number) {
            this.number = number;
        }
    }

    List<Event> events() {
        int rounds = dice.between(2, 4);
        int connections = dice.chance(0.5) ? 1 : dice.between(2, 3);
        for (int round = 0; round < rounds; round++) {
            int actions = dice.between(1, 6);
            for (int i = 0; i < actions; i++) {
                act(dice.between(1, connections));
            }
            for (Map.Entry<Integer, Open> transaction : List.copyOf(open.entrySet())) {
                // A refresh would wait for the lock of TRUNCATE.
                if (transaction.getValue().truncated || dice.chance(0.6)) {
                    end(transaction.getKey());
                }
            }
            events.add(new Event.Refresh());
        }
        if (!open.isEmpty()) {
            List.copyOf(open.keySet()).forEach(this::end);
            events.add(new Event.Refresh());
        }
        return events;
    }

    private void act(int connection) {
        Open transaction = open.get(connection);
        if (transaction == null) {
            if (dice.chance(0.5)) {
                run(connection, ++transactions, change(connection));
                return;
            }
            open.put(connection, new Open(++transactions));
            text(connection, dice.chance(0.2) ? "BEGIN ISOLATION LEVEL REPEATABLE READ" : "BEGIN");
            inside(connection);
            return;
        }
        if (dice.chance(0.25)) {
            end(connection);
            return;
        }
        if (dice.chance(0.15)) {
            text(connection, transaction.savepoint ? "ROLLBACK TO SAVEPOINT s" : "SAVEPOINT s");
            transaction.savepoint = !transaction.savepoint;
        }
        inside(connection);
    }

    private void inside(int connection) {
        int count = dice.between(1, 3);
        for (int i = 0; i < count; i++) {
            run(connection, number(connection), change(connection));
        }
    }

    private void end(int connection) {
        text(connection, dice.chance(0.25) ? "ROLLBACK" : "COMMIT");
        open.remove(connection);
    }

    private int number(int connection) {
        Open transaction = open.get(connection);
        return transaction == null ? transactions : transaction.number;
    }

    private void text(int connection, String sql) {
        run(connection, number(connection), new Change.Text(sql));
    }

    private void run(int connection, int transaction, Change change) {
        events.add(new Event.Run(connection, transaction, change));
    }

    private Change change(int connection) {
        Table table = dice.pick(tables);
        String name = Field.quote(table.name());
        ScenarioGenerator.DataGenerator data = new ScenarioGenerator.DataGenerator(dice, table);
        int kind = dice.between(0, 99);
        if (kind < 40) {
            return data.insert(dice.chance(0.6) ? 1 : dice.between(2, 5), conflict(table));
        }
        if (kind < 70) {
            return new Change.Text(
                    "UPDATE " + name + " SET " + assignments(table, data) + where(table, data));
        }
        if (kind < 92) {
            return new Change.Text("DELETE FROM " + name + where(table, data));
        }
        if (kind < 95) {
            String columns = Table.list(table.columns().stream().map(Table.Column::name).toList());
            return new Change.Text(
                    "WITH gone AS (DELETE FROM "
                            + name
                            + where(table, data)
                            + " RETURNING *) INSERT INTO "
                            + name
                            + " SELECT "
                            + columns
                            + " FROM gone");
        }
        if (kind < 97) {
            return new Change.Text(
                    "INSERT INTO "
                            + name
                            + " SELECT * FROM "
                            + name
                            + (table.key().isEmpty()
                                    ? where(table, data)
                                    : " ON CONFLICT DO NOTHING"));
        }
        Open transaction = open.get(connection);
        if (transaction != null) {
            transaction.truncated = true;
        }
        return new Change.Text("TRUNCATE " + name);
    }

    private String conflict(Table table) {
        if (table.key().isEmpty()) {
            return "";
        }
        if (dice.chance(0.4)) {
            return " ON CONFLICT DO NOTHING";
        }
        List<Table.Column> others =
                table.columns().stream().filter(it -> !table.key().contains(it.name())).toList();
        if (others.isEmpty() || dice.chance(0.4)) {
            return "";
        }
        String column = Field.quote(dice.pick(others).name());
        return " ON CONFLICT ("
                + Table.list(table.key())
                + ") DO UPDATE SET "
                + column
                + " = EXCLUDED."
                + column;
    }

    private String assignments(Table table, ScenarioGenerator.DataGenerator data) {
        return String.join(
                ", ",
                dice.some(table.columns(), dice.chance(0.7) ? 1 : 2).stream()
                        .map(column ->
                                Field.quote(column.name()) + " = " + value(table, column, data))
                        .toList());
    }

    private String value(Table table, Table.Column column, ScenarioGenerator.DataGenerator data) {
        String name = Field.quote(column.name());
        if (dice.chance(0.1)) {
            return name;
        }
        boolean number =
                switch (column.type()) {
                    case SMALLINT, INTEGER, BIGINT, NUMERIC, AMOUNT, REAL, FLOAT -> true;
                    case CENTS,
                            TEXT,
                            VARCHAR,
                            CHAR,
                            BOOL,
                            DATE,
                            TIMESTAMPTZ,
                            UUID,
                            INTERVAL,
                            MOOD,
                            RANGE,
                            ARRAY,
                            JSONB,
                            JSON,
                            TEXTS,
                            PAIR,
                            MULTIRANGE,
                            XML,
                            RECORD ->
                            false;
                };
        if (number && dice.chance(0.3)) {
            // A shift of a key that meets no other row on the way.
            return name
                    + (table.key().contains(column.name()) ? " + 100" : dice.oneOf(" + 1", " - 1"));
        }
        if (column.type() == Type.NUMERIC && dice.chance(0.15)) {
            return name + "::numeric(20,4)";
        }
        return data.value(column);
    }

    private String where(Table table, ScenarioGenerator.DataGenerator data) {
        if (dice.chance(0.1)) {
            return "";
        }
        List<Table.Column> usable =
                table.columns().stream().filter(it -> it.type().hasEquality()).toList();
        Table.Column column = dice.pick(usable);
        String name = Field.quote(column.name());
        if (dice.chance(0.25)) {
            // One copy of a duplicate.
            return " WHERE ctid IN (SELECT ctid FROM "
                    + Field.quote(table.name())
                    + " ORDER BY "
                    + name
                    + ", ctid LIMIT "
                    + dice.between(1, 2)
                    + ")";
        }
        if (dice.chance(0.1)) {
            return " WHERE " + name + " IS NULL";
        }
        String operator = column.type().hasExtremum() ? dice.oneOf("=", "=", "<", ">") : "=";
        return " WHERE " + name + " " + operator + " " + data.value(column);
    }
}
