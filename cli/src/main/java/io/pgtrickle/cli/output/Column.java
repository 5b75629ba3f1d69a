package io.pgtrickle.cli.output;

/// A column of a result.
///
/// @param label what people read
/// @param key what programs read
public record Column(String label, String key) {

    /// A column with one name; its spaces are underscores for programs.
    public static Column of(String name) {
        return new Column(name, name.replace(' ', '_'));
    }

    /// A column of time lengths, which programs get in seconds.
    public static Column span(String name) {
        return new Column(name, name.replace(' ', '_') + "_seconds");
    }
}
