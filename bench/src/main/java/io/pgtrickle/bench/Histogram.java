package io.pgtrickle.bench;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// How many samples fall into which range, as a table.
///
/// @param bounds the upper ends of the ranges, ascending; one more range has the rest
record Histogram(List<Integer> bounds) {
    Histogram {
        bounds = List.copyOf(bounds);
    }

    /// A row for each range, a column for each series.
    MarkdownTable table(String unit, List<String> names, List<Samples> series) {
        List<String> head = Stream.concat(Stream.of(unit), names.stream()).toList();
        MarkdownTable table = new MarkdownTable(head.toArray(String[]::new));
        IntStream.rangeClosed(0, bounds.size())
                .forEach(range -> {
                    double from = range == 0 ? 0 : bounds.get(range - 1);
                    double to =
                            range == bounds.size() ? Double.POSITIVE_INFINITY : bounds.get(range);
                    String label =
                            range == bounds.size()
                                    ? "more"
                                    : "%d to %d".formatted((int) from, bounds.get(range));
                    table.row(
                            Stream.concat(
                                            Stream.of(label),
                                            series.stream()
                                                    .map(it -> Long.toString(it.between(from, to))))
                                    .toArray(String[]::new));
                });
        return table;
    }
}
