package io.pgtrickle.runtime.refresh;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The end of a query that keeps the first rows of an order: `ORDER BY ... OFFSET ... LIMIT ...`.
///
/// @param limit how many rows
/// @param offset rows that are left out before them
/// @param order what they are ordered by, as PostgreSQL writes it
record TopRows(int limit, Optional<Integer> offset, String order) {

    /// How PostgreSQL writes it at the end of a view's definition; texts and names may contain line
    /// ends. What it writes further in is indented more, or followed by a parenthesis.
    private static final Pattern END =
            Pattern.compile(
                    "\\n {2}ORDER BY (?<order>(?:[^'\"\\n]|'(?:[^']|'')*+'|\"(?:[^\"]|\"\")*+\")++)"
                            + "(?:\\n OFFSET (?<offset>\\d{1,9}))?"
                            + "\\n (?:LIMIT (?<limit>\\d{1,9})|FETCH FIRST \\((?<fetch>\\d{1,9})\\) ROWS WITH TIES);?\\s*$");

    /// That of a query in PostgreSQL's own writing; empty when it has none whose numbers are
    /// constants.
    static Optional<TopRows> of(String canonicalText) {
        Matcher end = END.matcher(canonicalText);
        if (!end.find()) {
            return Optional.empty();
        }
        String limit = Optional.ofNullable(end.group("limit")).orElseGet(() -> end.group("fetch"));
        return Optional.of(
                new TopRows(
                        Integer.parseInt(limit),
                        Optional.ofNullable(end.group("offset")).map(Integer::valueOf),
                        end.group("order").strip()));
    }
}
