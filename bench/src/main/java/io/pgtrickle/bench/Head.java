package io.pgtrickle.bench;

import java.time.LocalDate;
import java.util.stream.Collectors;

/// The beginning of a report.
///
/// @param note what a reader must know of this run, or nothing
/// @param rows how much data there was
record Head(String note, LocalDate date, String rows, Machine machine) {

    String text() {
        String facts =
                machine.facts().entrySet().stream()
                        .map(fact -> "- " + fact.getKey() + ": " + fact.getValue() + "\n")
                        .collect(Collectors.joining());
        return """
        # Benchmarks

        `bin/bench` measures all of this in one run and writes this file; nothing in it is edited by hand.
        `bin/bench --quick --output FILE` is the smoke test. The unit is milliseconds, the number the median.
        %s
        - Date: %s
        - %s
        %s\
        """
                .formatted(note.isEmpty() ? "" : "\n" + note + "\n", date, rows, facts);
    }
}
