package io.pgtrickle.runtime.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The statements of one of our scripts: each begins at the start of a line, bodies are between
/// dollars or, when SQL-standard, end with the line `END;`. Immutable.
///
/// @param statements in their order, without comments before them
record SqlScript(List<String> statements) {
    private static final Pattern DOLLARS = Pattern.compile("\\$[a-z_]*\\$");
    private static final Pattern CODE =
            Pattern.compile("(?:CREATE (?:FUNCTION|VIEW)|GRANT|REVOKE|COMMENT)\\b");

    /// A block that grants, and makes nothing.
    private static final Pattern GRANTING =
            Pattern.compile("DO (?=.*'GRANT )(?!.*CREATE )", Pattern.DOTALL);

    SqlScript {
        statements = List.copyOf(statements);
    }

    static SqlScript of(String text) {
        List<String> statements = new ArrayList<>();
        StringBuilder open = new StringBuilder();
        for (String line : text.lines().toList()) {
            if (open.isEmpty() && (line.isBlank() || line.startsWith("--"))) {
                continue;
            }
            open.append(line).append('\n');
            if (isWhole(open.toString(), line)) {
                statements.add(open.toString().strip());
                open.setLength(0);
            }
        }
        if (!open.isEmpty()) {
            throw new IllegalArgumentException("a statement without an end: " + open);
        }
        return new SqlScript(statements);
    }

    private static boolean isWhole(String statement, String line) {
        if (!withoutComment(line).endsWith(";") || isInDollars(statement)) {
            return false;
        }
        return !statement.contains("\nBEGIN ATOMIC\n") || line.equals("END;");
    }

    private static String withoutComment(String line) {
        int comment = line.indexOf("--");
        return (comment < 0 ? line : line.substring(0, comment)).stripTrailing();
    }

    private static boolean isInDollars(String statement) {
        String quote = "";
        Matcher dollars = DOLLARS.matcher(statement);
        while (dollars.find()) {
            if (quote.isEmpty()) {
                quote = dollars.group();
            } else if (quote.equals(dollars.group())) {
                quote = "";
            }
        }
        return !quote.isEmpty();
    }

    /// What can be put in the place of an older version as it stands: functions, views and rights.
    List<String> replacing() {
        return statements.stream()
                .filter(it -> CODE.matcher(it).lookingAt() || GRANTING.matcher(it).lookingAt())
                .map(it ->
                        it.startsWith("CREATE ")
                                ? "CREATE OR REPLACE " + it.substring("CREATE ".length())
                                : it)
                .toList();
    }
}
