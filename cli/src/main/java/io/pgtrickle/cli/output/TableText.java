package io.pgtrickle.cli.output;

import java.util.ArrayList;
import java.util.List;

/// Lays results out for people.
final class TableText {
    private TableText() {}

    static String of(Sheet sheet) {
        if (sheet.rows().isEmpty()) {
            return "(no rows)\n";
        }
        List<List<String>> cells = sheet.rows().stream().map(TableText::oneLine).toList();
        List<String> labels = sheet.columns().stream().map(Column::label).toList();
        int[] widths = labels.stream().mapToInt(TableText::width).toArray();
        for (List<String> row : cells) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        StringBuilder text = new StringBuilder();
        append(text, labels, widths, List.of());
        List<String> rules = new ArrayList<>();
        for (int width : widths) {
            rules.add("-".repeat(width));
        }
        append(text, rules, widths, List.of());
        for (int i = 0; i < cells.size(); i++) {
            append(text, cells.get(i), widths, sheet.rows().get(i));
        }
        return text.toString();
    }

    static String of(Facts facts) {
        int widest =
                facts.facts().stream().mapToInt(fact -> width(fact.name().label())).max().orElse(0);
        StringBuilder text = new StringBuilder();
        for (Facts.Fact fact : facts.facts()) {
            String value = fact.value().human().stripTrailing();
            if (value.contains("\n")) {
                text.append(fact.name().label()).append(":\n").append(value.indent(2));
                continue;
            }
            String label = fact.name().label();
            String line = label + ": " + " ".repeat(widest - width(label)) + value;
            text.append(line.stripTrailing()).append('\n');
        }
        return text.toString();
    }

    private static List<String> oneLine(List<Value> row) {
        return row.stream()
                .map(value -> value.human().strip().replaceAll("\\s*\\R\\s*", " "))
                .toList();
    }

    private static void append(
            StringBuilder text, List<String> cells, int[] widths, List<Value> values) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String pad = " ".repeat(widths[i] - width(cells.get(i)));
            boolean right = !values.isEmpty() && values.get(i).isNumeric();
            line.append(i == 0 ? "" : "  ")
                    .append(right ? pad : "")
                    .append(cells.get(i))
                    .append(right ? "" : pad);
        }
        text.append(line.toString().stripTrailing()).append('\n');
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }
}
