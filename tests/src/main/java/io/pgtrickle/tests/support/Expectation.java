package io.pgtrickle.tests.support;

/// What a row of the support matrix promises.
public sealed interface Expectation {

    /// Maintained by applying only what changed.
    record Differential() implements Expectation {}

    /// Recomputed in mode AUTO with a reason that contains `text`, refused in mode DIFFERENTIAL.
    record Full(String text) implements Expectation {}

    /// Refused in every mode, with an error that contains `text`.
    record Refused(String text) implements Expectation {}

    /// Reads the cell of a table.
    ///
    /// @throws IllegalArgumentException when it is none of `DIFFERENTIAL`, `FULL: text` and
    ///   `refused: text`
    static Expectation parse(String cell) {
        String text = cell.substring(cell.indexOf(':') + 1).strip().replace("`", "");
        if (cell.equals("DIFFERENTIAL")) {
            return new Differential();
        }
        if (cell.startsWith("FULL: ") && !text.isEmpty()) {
            return new Full(text);
        }
        if (cell.startsWith("refused: ") && !text.isEmpty()) {
            return new Refused(text);
        }
        throw new IllegalArgumentException("no maintenance mode: " + cell);
    }
}
