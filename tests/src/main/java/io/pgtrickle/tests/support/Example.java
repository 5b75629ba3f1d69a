package io.pgtrickle.tests.support;

/// A row of the support matrix.
///
/// @param section the heading above it
/// @param construct the first cell
/// @param query the example
/// @param expectation the promise
/// @param line where it stands in the page, from 1
/// @param since the oldest major version of PostgreSQL that knows the construct, 0 for any
public record Example(
        String section,
        String construct,
        String query,
        Expectation expectation,
        int line,
        int since) {

    /// What a reader finds it by.
    public String title() {
        return section + " / " + construct;
    }
}
