package io.pgtrickle.compiler.sql;

/// A query text that the parser cannot read, with the place of the first problem.
public final class QueryParseException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final int line;
    private final int column;

    /// `line` counts from 1, `column` from 0.
    public QueryParseException(int line, int column, String message) {
        super("line %d:%d %s".formatted(line, column, message));
        this.line = line;
        this.column = column;
    }

    /// The line of the problem, from 1.
    public int line() {
        return line;
    }

    /// The column of the problem within its line, from 0.
    public int column() {
        return column;
    }
}
