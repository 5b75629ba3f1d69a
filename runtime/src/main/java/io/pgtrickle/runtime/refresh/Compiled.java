package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.catalog.StreamTableRow;

/// A stream table as it was compiled, for as long as its sources stay what they were.
///
/// Thread-safe.
///
/// @param row its catalog row
/// @param statements what refreshes it
/// @param stamp what was seen of its sources
record Compiled(
        StreamTableRow row,
        Definition definition,
        RefreshStatements statements,
        SourceStamp stamp) {
    static Compiled of(StreamTableRow row, Definition definition) {
        return new Compiled(
                row, definition, new RefreshStatements(row, definition.query()), new SourceStamp());
    }
}
