package io.pgtrickle.tests.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The support matrix as it stands in `docs/SQL_SUPPORT.md`.
///
/// The SQL blocks of its first section are the schema. A table with a column `Example` holds
/// examples: construct, SQL in a code span, mode, how. A table with a column `Stream table` holds
/// stream tables that examples read.
///
/// @param schema statements that create the tables and their first rows
/// @param upstream queries of stream tables by name, in the order of creation
/// @param examples all rows
public record SupportPage(
        List<String> schema, Map<String, String> upstream, List<Example> examples) {
    private static final Pattern CELL = Pattern.compile("(?:[^|\\\\]|\\\\.)+");
    private static final Pattern CODE = Pattern.compile("`+ ?(.*?) ?`+");
    private static final Pattern SINCE = Pattern.compile("\\(from PostgreSQL (\\d+)\\)");

    public SupportPage {
        schema = List.copyOf(schema);
        examples = List.copyOf(examples);
    }

    /// Reads the page of a checkout.
    ///
    /// @throws IllegalStateException when a line of a table cannot be understood, with its number
    public static SupportPage read(Path page) {
        try {
            return new Reader().read(Files.readAllLines(page));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private enum Kind {
        NONE,
        EXAMPLES,
        UPSTREAM,
        OTHER
    }

    private static final class Reader {
        private final List<String> schema = new ArrayList<>();
        private final Map<String, String> upstream = new LinkedHashMap<>();
        private final List<Example> examples = new ArrayList<>();
        private String section = "";
        private Kind table = Kind.NONE;

        SupportPage read(List<String> lines) {
            for (int i = 0; i < lines.size(); i++) {
                String line = lines.get(i);
                if (line.startsWith("```")) {
                    int end = i + 1;
                    while (!lines.get(end).equals("```")) {
                        end++;
                    }
                    if (line.equals("```sql") && examples.isEmpty()) {
                        schema.add(String.join("\n", lines.subList(i + 1, end)));
                    }
                    i = end;
                } else {
                    line(line, i + 1);
                }
            }
            return new SupportPage(schema, upstream, examples);
        }

        private void line(String line, int number) {
            if (line.startsWith("## ")) {
                section = line.substring(3).strip();
            }
            if (!line.startsWith("|")) {
                table = Kind.NONE;
                return;
            }
            List<String> cells = cells(line);
            if (table == Kind.NONE) {
                table = kind(cells);
            } else if (!cells.getFirst().startsWith("---")) {
                row(cells, number);
            }
        }

        private static Kind kind(List<String> head) {
            if (head.contains("Example")) {
                return Kind.EXAMPLES;
            }
            return head.contains("Stream table") ? Kind.UPSTREAM : Kind.OTHER;
        }

        private void row(List<String> cells, int number) {
            try {
                if (table == Kind.EXAMPLES) {
                    example(cells, number);
                } else if (table == Kind.UPSTREAM) {
                    upstream.put(code(cells.get(0)), code(cells.get(1)));
                }
            } catch (RuntimeException e) {
                throw new IllegalStateException("line " + number + ": " + e.getMessage(), e);
            }
        }

        private void example(List<String> cells, int number) {
            if (cells.size() != 4) {
                throw new IllegalArgumentException(cells.size() + " cells instead of 4");
            }
            Matcher since = SINCE.matcher(cells.get(0));
            examples.add(
                    new Example(
                            section,
                            cells.get(0).replace("`", ""),
                            code(cells.get(1)),
                            Expectation.parse(cells.get(2)),
                            number,
                            since.find() ? Integer.parseInt(since.group(1)) : 0));
        }

        private static List<String> cells(String line) {
            List<String> cells = new ArrayList<>();
            Matcher cell = CELL.matcher(line);
            while (cell.find()) {
                String text = cell.group().strip();
                if (!text.isEmpty()) {
                    cells.add(text.replace("\\|", "|"));
                }
            }
            return cells;
        }

        private static String code(String cell) {
            Matcher code = CODE.matcher(cell);
            if (!code.matches()) {
                throw new IllegalArgumentException("not a code span: " + cell);
            }
            return code.group(1);
        }
    }
}
