package io.pgtrickle.tests.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// A test as text: SQL statements, each ended by `;` at the end of a line, between markers.
///
/// ```
/// -- connection 2          the statements that follow run on this connection; 1 at first
/// -- create NAME [modes]   the next statement is the query of a new stream table; mode differential unless named,
///                          which it must then be; what auto comes to is recorded; of several modes the first that is
///                          not refused; with "divided" it is partitioned, unless it is immediate
/// -- exactly 1 3           columns of the next stream table to compare by image
/// -- refresh [NAME]        refreshes all stream tables, or one
/// -- check                 compares all stream tables with their queries
/// ```
///
/// Stream tables of mode immediate are also compared after every statement, on its connection.
///
/// Other comment lines are ignored.
public record Script(List<Command> commands) {
    private static final List<String> DEFAULT = List.of("differential");

    public Script {
        commands = List.copyOf(commands);
    }

    /// Reads a script.
    public static Script parse(String text) {
        return new Reader().read(text);
    }

    /// The script's text.
    public String text() {
        StringBuilder text = new StringBuilder();
        int connection = 1;
        for (Command command : commands) {
            switch (command) {
                case Command.Sql(int number, String sql) -> {
                    if (number != connection) {
                        text.append("-- connection ").append(number).append('\n');
                        connection = number;
                    }
                    text.append(sql).append(";\n");
                }
                case Command.Create create -> {
                    if (!create.exact().isEmpty()) {
                        text.append("-- exactly ")
                                .append(
                                        create.exact().stream()
                                                .map(String::valueOf)
                                                .collect(Collectors.joining(" ")))
                                .append('\n');
                    }
                    text.append("-- create ").append(create.name());
                    text.append(
                            create.modes().equals(DEFAULT)
                                    ? ""
                                    : " " + String.join(" ", create.modes()));
                    text.append('\n').append(create.query()).append(";\n");
                }
                case Command.Refresh(List<String> names) -> {
                    if (names.isEmpty()) {
                        text.append("-- refresh\n");
                    }
                    names.forEach(name -> text.append("-- refresh ").append(name).append('\n'));
                }
                case Command.Check _ -> text.append("-- check\n");
            }
        }
        return text.toString();
    }

    private static final class Reader {
        private final List<Command> commands = new ArrayList<>();
        private final StringBuilder statement = new StringBuilder();
        private int connection = 1;
        private List<Integer> exact = List.of();
        private List<String> create = List.of();

        Script read(String text) {
            text.lines().forEach(this::line);
            if (!statement.toString().isBlank()) {
                throw new IllegalArgumentException(
                        "a statement without ; at the end: " + statement);
            }
            return new Script(commands);
        }

        private void line(String line) {
            if (line.startsWith("--") && statement.isEmpty()) {
                List<String> words = Arrays.asList(line.substring(2).strip().split(" +", -1));
                marker(words.getFirst(), words.subList(1, words.size()));
                return;
            }
            if (!line.isBlank()) {
                statement.append(statement.isEmpty() ? "" : "\n").append(line);
            }
            if (line.stripTrailing().endsWith(";")) {
                String sql = statement.toString().stripTrailing();
                statement.setLength(0);
                add(sql.substring(0, sql.length() - 1));
            }
        }

        private void add(String sql) {
            if (create.isEmpty()) {
                commands.add(new Command.Sql(connection, sql));
                return;
            }
            List<String> modes = create.size() > 1 ? create.subList(1, create.size()) : DEFAULT;
            commands.add(new Command.Create(create.getFirst(), sql, exact, modes));
            create = List.of();
            exact = List.of();
        }

        private void marker(String word, List<String> arguments) {
            switch (word) {
                case "connection" -> connection = Integer.parseInt(arguments.getFirst());
                case "create" -> create = arguments;
                case "exactly" -> exact = arguments.stream().map(Integer::valueOf).toList();
                case "refresh" -> commands.add(new Command.Refresh(arguments));
                case "check" -> commands.add(new Command.Check());
                default -> {
                    // A comment.
                }
            }
        }
    }
}
