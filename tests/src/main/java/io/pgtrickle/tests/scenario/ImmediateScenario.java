package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Dice;
import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.From;
import io.pgtrickle.tests.query.Node;
import io.pgtrickle.tests.query.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Makes of a case one of mode IMMEDIATE: of each query there are two stream tables, one that
/// follows within the writing transactions and one that is refreshed, or the former alone, for
/// which not everything is captured; and more statements write several tables.
public final class ImmediateScenario {
    private final Dice dice;
    private final Scenario scenario;
    private final boolean oneConnection;
    private final boolean alone;
    private final List<Table> read;

    private ImmediateScenario(Dice dice, Scenario scenario, boolean alone) {
        this.dice = dice;
        this.alone = alone;
        this.scenario = partitioned(dice, scenario);
        this.oneConnection = dice.chance(0.6);
        Set<String> names =
                Stream.concat(
                                scenario.views().stream().map(Scenario.View::query),
                                scenario.streamTables().stream().map(Scenario.StreamTable::query))
                        .flatMap(Node::all)
                        .filter(From.Named.class::isInstance)
                        .map(it -> ((From.Named) it).relation().name())
                        .collect(Collectors.toSet());
        this.read =
                this.scenario.tables().stream().filter(it -> names.contains(it.name())).toList();
    }

    /// Mostly one that somebody reads.
    private Table table() {
        return dice.pick(dice.chance(0.85) ? read : scenario.tables());
    }

    /// The case of a seed.
    public static Scenario of(long seed) {
        boolean alone = new Dice(seed + 1).chance(0.3);
        return new ImmediateScenario(new Dice(-seed - 1), ScenarioGenerator.of(seed), alone)
                .scenario();
    }

    private static Scenario partitioned(Dice dice, Scenario scenario) {
        return scenario.withTables(
                scenario.tables().stream()
                        .map(it -> dice.chance(0.15) ? it.withPartitions() : it)
                        .toList());
    }

    private Scenario scenario() {
        List<Scenario.StreamTable> streamTables = new ArrayList<>();
        for (Scenario.StreamTable it : scenario.streamTables()) {
            List<String> immediate =
                    it.modes().contains("auto")
                            ? List.of("immediate", "auto")
                            : List.of("immediate");
            // Those that read others read one of the two.
            boolean follows = dice.chance(0.6) || alone;
            streamTables.add(
                    new Scenario.StreamTable(
                            it.name(), it.query(), follows ? immediate : it.modes()));
            if (!alone) {
                streamTables.add(
                        new Scenario.StreamTable(
                                "x" + it.name(), it.query(), follows ? it.modes() : immediate));
            }
        }
        List<Change> data = new ArrayList<>(scenario.data());
        data.addAll(constraints());
        return scenario.withData(data).withStreamTables(streamTables).withEvents(events());
    }

    private String quoted(Table table) {
        return Field.quote(table.name());
    }

    private static String first(Table table) {
        return Field.quote(table.columns().getFirst().name());
    }

    /// Foreign keys with cascades, and triggers that write other tables.
    private List<Change> constraints() {
        List<Change> found = new ArrayList<>();
        Table one = table();
        Table other = table();
        boolean referable = one.key().equals(List.of(one.columns().getFirst().name()));
        if (referable && !other.partitioned() && dice.chance(0.3)) {
            String effect = dice.oneOf("CASCADE", "CASCADE", "SET NULL");
            // What is there already may have no partner.
            found.add(
                    new Change.Text(
                            "ALTER TABLE "
                                    + quoted(other)
                                    + " ADD FOREIGN KEY ("
                                    + first(other)
                                    + ") REFERENCES "
                                    + quoted(one)
                                    + " ON DELETE "
                                    + effect
                                    + " ON UPDATE CASCADE NOT VALID"));
        }
        if (!one.equals(other) && dice.chance(0.2)) {
            found.add(new Change.Text(trigger(one, other)));
        }
        return found;
    }

    /// A trigger whose name is before or after those of ours.
    private String trigger(Table from, Table to) {
        String time = dice.oneOf("BEFORE", "AFTER");
        return "CREATE FUNCTION echo() RETURNS trigger LANGUAGE plpgsql AS $echo$ BEGIN "
                + write(to)
                + "; RETURN "
                + (time.equals("BEFORE") ? "coalesce(NEW, OLD)" : "NULL")
                + "; END $echo$; CREATE TRIGGER "
                + dice.oneOf("a_echo", "z_echo")
                + " "
                + time
                + " "
                + dice.oneOf("INSERT", "DELETE", "INSERT OR UPDATE OR DELETE")
                + " ON "
                + quoted(from)
                + " FOR EACH "
                + dice.oneOf("ROW", "STATEMENT")
                + " EXECUTE FUNCTION echo()";
    }

    /// A statement without conflicts.
    private String write(Table table) {
        StatementGenerator statements = new StatementGenerator(dice, table);
        return switch (dice.between(0, 2)) {
            case 0 -> statements.delete();
            case 1 -> statements.update();
            default -> statements.insert().sql();
        };
    }

    private List<Event> events() {
        List<Event> events = new ArrayList<>();
        Map<Integer, Integer> open = new TreeMap<>();
        for (Event event : scenario.events()) {
            switch (event) {
                case Event.Run(int number, int transaction, Change change) -> {
                    int connection = oneConnection ? 1 : number;
                    events.add(new Event.Run(connection, transaction, cascading(change)));
                    if (change.sql().startsWith("BEGIN")) {
                        open.put(connection, transaction);
                    } else if (change.sql().equals("COMMIT") || change.sql().equals("ROLLBACK")) {
                        open.remove(connection);
                    }
                    if (dice.chance(0.25)) {
                        events.add(new Event.Run(connection, transaction, more()));
                    }
                }
                case Event.Refresh _ -> refresh(events, open);
            }
        }
        return events;
    }

    /// TRUNCATE needs to be told about foreign keys.
    private static Change cascading(Change change) {
        return change.sql().startsWith("TRUNCATE")
                ? new Change.Text(change.sql() + " CASCADE")
                : change;
    }

    /// Who refreshes a source would wait for the transactions that have written what is followed.
    private void refresh(List<Event> events, Map<Integer, Integer> open) {
        boolean waits = scenario.streamTables().size() > 1;
        if (waits) {
            open.forEach((connection, transaction) ->
                    events.add(text(connection, transaction, "COMMIT")));
        }
        events.add(new Event.Refresh());
        if (waits) {
            open.forEach((connection, transaction) ->
                    events.add(text(connection, transaction, "BEGIN")));
        }
    }

    private static Event text(int connection, int transaction, String sql) {
        return new Event.Run(connection, transaction, new Change.Text(sql));
    }

    private Change more() {
        Table table = table();
        int kind = dice.between(0, 99);
        if (kind < 10) {
            return new StatementGenerator(dice, table).bulk();
        }
        if (table.partitioned() && dice.chance(0.3)) {
            return new Change.Text(write(table.leaf(dice.between(1, 2))));
        }
        if (kind < 35) {
            return new Change.Text(new StatementGenerator(dice, table).merge());
        }
        if (kind < 70) {
            return new Change.Text(together(table));
        }
        return new Change.Text(block());
    }

    /// One statement that writes several tables.
    private String together(Table table) {
        Table second = table();
        Table third = table();
        String gone = new StatementGenerator(dice, table).delete() + " RETURNING *";
        String also =
                dice.chance(0.5)
                        ? ", also AS (" + new StatementGenerator(dice, second).update() + ")"
                        : "";
        String name = first(third);
        String last =
                dice.chance(0.5)
                        ? "UPDATE "
                                + quoted(third)
                                + " SET "
                                + dice.pick(assignable(third))
                                + " FROM gone WHERE gone."
                                + first(table)
                                + " = "
                                + quoted(third)
                                + "."
                                + name
                        : "INSERT INTO "
                                + quoted(third)
                                + " ("
                                + name
                                + ") SELECT DISTINCT "
                                + first(table)
                                + " + "
                                + dice.between(0, 20)
                                + " FROM gone"
                                + (third.key().isEmpty() ? "" : " ON CONFLICT DO NOTHING");
        return "WITH gone AS (" + gone + ")" + also + " " + last;
    }

    private List<String> assignable(Table table) {
        ScenarioGenerator.DataGenerator data = new ScenarioGenerator.DataGenerator(dice, table);
        return table.columns().stream()
                .filter(it -> it.type() != Type.RECORD)
                .map(it -> Field.quote(it.name()) + " = " + data.value(it))
                .toList();
    }

    /// A block with statements, some of which are rolled back.
    private String block() {
        StringBuilder text = new StringBuilder("DO $block$ BEGIN ");
        for (int i = dice.between(1, 3); i > 0; i--) {
            String statement = write(table());
            text.append(
                    dice.chance(0.3)
                            ? "BEGIN "
                                    + statement
                                    + "; RAISE 'back'; EXCEPTION WHEN OTHERS THEN NULL; END; "
                            : statement + "; ");
        }
        return text.append("END $block$").toString();
    }
}
