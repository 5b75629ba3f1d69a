package io.pgtrickle.cli.output;

import java.util.ArrayList;
import java.util.List;

/// What is known about one thing, a value a line. Immutable.
public record Facts(List<Fact> facts) {
    /// A named value.
    public record Fact(Column name, Value value) {}

    public Facts {
        facts = List.copyOf(facts);
    }

    /// Nothing yet.
    public static Facts none() {
        return new Facts(List.of());
    }

    /// With one more.
    public Facts with(Column name, Value value) {
        List<Fact> more = new ArrayList<>(facts);
        more.add(new Fact(name, value));
        return new Facts(more);
    }

    /// With one more.
    public Facts with(String name, Value value) {
        return with(Column.of(name), value);
    }

    /// As a sheet of one row.
    Sheet sheet() {
        return new Sheet(
                facts.stream().map(Fact::name).toList(),
                List.of(facts.stream().map(Fact::value).toList()));
    }
}
