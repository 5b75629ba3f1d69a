package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Dice;
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
        StatementGenerator statements = new StatementGenerator(dice, dice.pick(tables));
        int kind = dice.between(0, 99);
        if (kind < 40) {
            return statements.insert();
        }
        if (kind < 70) {
            return new Change.Text(statements.update());
        }
        if (kind < 92) {
            return new Change.Text(statements.delete());
        }
        if (kind < 95) {
            return new Change.Text(statements.move());
        }
        if (kind < 97) {
            return new Change.Text(statements.copy());
        }
        Open transaction = open.get(connection);
        if (transaction != null) {
            transaction.truncated = true;
        }
        return new Change.Text(statements.truncate());
    }
}
