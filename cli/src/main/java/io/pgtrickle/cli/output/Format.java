package io.pgtrickle.cli.output;

/// The forms in which results are printed.
public enum Format {
    /// Aligned columns, for people.
    TABLE,
    /// One JSON value.
    JSON,
    /// RFC 4180, with a header.
    CSV
}
