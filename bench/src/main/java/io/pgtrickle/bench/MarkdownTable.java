package io.pgtrickle.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A Markdown table with columns of even width: the first aligned left, the others right. One
/// thread.
final class MarkdownTable {
    private final List<List<String>> rows = new ArrayList<>();

    MarkdownTable(String... headings) {
        rows.add(List.of(headings));
    }

    void row(String... cells) {
        if (cells.length != rows.getFirst().size()) {
            throw new IllegalArgumentException("a row has " + cells.length + " cells");
        }
        rows.add(List.of(cells));
    }

    @Override
    public String toString() {
        List<Integer> widths = widths();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rows.size(); i++) {
            line(text, rows.get(i), widths);
            if (i == 0) {
                rule(text, widths);
            }
        }
        return text.toString();
    }

    private List<Integer> widths() {
        List<Integer> widths = new ArrayList<>(Collections.nCopies(rows.getFirst().size(), 4));
        for (List<String> row : rows) {
            for (int i = 0; i < row.size(); i++) {
                widths.set(i, Math.max(widths.get(i), row.get(i).length()));
            }
        }
        return widths;
    }

    private static void line(StringBuilder text, List<String> row, List<Integer> widths) {
        for (int i = 0; i < row.size(); i++) {
            String cell = row.get(i);
            String padding = " ".repeat(widths.get(i) - cell.length());
            text.append("| ").append(i == 0 ? cell + padding : padding + cell).append(' ');
        }
        text.append("|\n");
    }

    private static void rule(StringBuilder text, List<Integer> widths) {
        for (int i = 0; i < widths.size(); i++) {
            text.append("| ").append("-".repeat(widths.get(i) - 1)).append(i == 0 ? "- " : ": ");
        }
        text.append("|\n");
    }
}
