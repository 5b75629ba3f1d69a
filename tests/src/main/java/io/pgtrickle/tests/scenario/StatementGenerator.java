package io.pgtrickle.tests.scenario;

import io.pgtrickle.tests.query.Dice;
import io.pgtrickle.tests.query.Field;
import io.pgtrickle.tests.query.Type;
import java.util.List;
import java.util.stream.IntStream;

/// Random statements that write one table.
final class StatementGenerator {
    private final Dice dice;
    private final Table table;
    private final String name;
    private final ScenarioGenerator.DataGenerator data;

    StatementGenerator(Dice dice, Table table) {
        this.dice = dice;
        this.table = table;
        this.name = Field.quote(table.name());
        this.data = new ScenarioGenerator.DataGenerator(dice, table);
    }

    Change.Insert insert() {
        return data.insert(dice.chance(0.6) ? 1 : dice.between(2, 5), conflict());
    }

    /// More rows than are few.
    Change.Insert bulk() {
        return data.insert(dice.between(17, 40), " ON CONFLICT DO NOTHING");
    }

    String update() {
        return "UPDATE " + name + " SET " + assignments() + where();
    }

    String delete() {
        return "DELETE FROM " + name + where();
    }

    /// Deletes rows and inserts them again.
    String move() {
        return "WITH gone AS (DELETE FROM "
                + name
                + where()
                + " RETURNING *) INSERT INTO "
                + name
                + " SELECT "
                + columns()
                + " FROM gone";
    }

    /// Inserts rows of the table once more.
    String copy() {
        return "INSERT INTO "
                + name
                + " SELECT * FROM "
                + name
                + (table.key().isEmpty() ? where() : " ON CONFLICT DO NOTHING");
    }

    String truncate() {
        return "TRUNCATE " + name;
    }

    /// Updates or deletes the rows that are alike in the key, or else in the first column, and
    /// inserts the others.
    String merge() {
        List<String> names = table.columns().stream().map(Table.Column::name).toList();
        List<String> key = table.key().isEmpty() ? names.subList(0, 1) : table.key();
        List<String> rows =
                data.insert(dice.between(1, 3), "").rows().stream().map(this::typed).toList();
        List<String> values =
                IntStream.rangeClosed(1, names.size()).mapToObj(i -> "v" + i).toList();
        List<String> keyValues = key.stream().map(it -> values.get(names.indexOf(it))).toList();
        List<String> alike =
                key.stream()
                        .map(it -> Field.quote(it) + " = " + values.get(names.indexOf(it)))
                        .toList();
        return "MERGE INTO "
                + name
                + " USING (SELECT DISTINCT ON ("
                + String.join(", ", keyValues)
                + ") * FROM (VALUES "
                + String.join(", ", rows)
                + ") AS v ("
                + String.join(", ", values)
                + ")) AS v ON "
                + String.join(" AND ", alike)
                + " WHEN MATCHED THEN "
                + (dice.chance(0.4) ? "DELETE" : "UPDATE SET " + assignments())
                + " WHEN NOT MATCHED THEN INSERT ("
                + columns()
                + ") VALUES ("
                + String.join(", ", values)
                + ")";
    }

    private String typed(List<String> row) {
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < row.size(); i++) {
            text.append(i == 0 ? "" : ", ")
                    .append("CAST(")
                    .append(row.get(i))
                    .append(" AS ")
                    .append(table.columns().get(i).type().sql())
                    .append(')');
        }
        return text.append(')').toString();
    }

    private String columns() {
        return Table.list(table.columns().stream().map(Table.Column::name).toList());
    }

    private String conflict() {
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

    String assignments() {
        return String.join(
                ", ",
                dice.some(table.columns(), dice.chance(0.7) ? 1 : 2).stream()
                        .map(column -> Field.quote(column.name()) + " = " + value(column))
                        .toList());
    }

    private String value(Table.Column column) {
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

    String where() {
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
