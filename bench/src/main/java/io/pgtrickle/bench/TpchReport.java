package io.pgtrickle.bench;

import io.pgtrickle.bench.TpchResult.Failed;
import io.pgtrickle.bench.TpchResult.Measured;
import io.pgtrickle.bench.TpchResult.TooSlow;
import java.util.stream.Collectors;

/// The report's section on TPC-H.
record TpchReport(TpchResults results) {

    String text() {
        return """
        ## TPC-H

        The 22 queries at scale %s, each alone as a stream table. Between two refreshes
        %s
        Then come the differential refresh and the full evaluation: the query into a temporary table or `REFRESH
        MATERIALIZED VIEW`, whichever is faster. Both see the same data; the medians are of %d rounds after %d that
        warm up; a statement may take %d s. In the end each stream table was compared with its query. The
        geometric mean of the ratios is %s.

        %s\
        %s\
        """
                .formatted(
                        results.scale().toPlainString(),
                        TpchMix.DESCRIPTION,
                        TpchBench.ROUNDS,
                        TpchBench.WARM_UP,
                        TpchBench.LIMIT.toSeconds(),
                        Numbers.ratio(results.geometricMean()),
                        table(),
                        failures());
    }

    private MarkdownTable table() {
        MarkdownTable table =
                new MarkdownTable(
                        "query", "create", "differential", "full", "in full by", "full / diff.");
        for (TpchResult result : results.queries()) {
            String name = result.query().name();
            switch (result.outcome()) {
                case Measured it ->
                        table.row(
                                name,
                                Numbers.milliseconds(it.creation()),
                                Numbers.milliseconds(it.differential()),
                                Numbers.milliseconds(it.full()),
                                it.way().toString(),
                                Numbers.ratio(it.ratio()));
                case TooSlow it ->
                        table.row(
                                name,
                                Numbers.milliseconds(it.creation()),
                                "> " + Numbers.milliseconds(it.limit()),
                                Numbers.milliseconds(it.full()),
                                it.way().toString(),
                                "< " + Numbers.ratio(it.bound()));
                case Failed _ -> table.row(name, "failed", "", "", "", "");
            }
        }
        return table;
    }

    private String failures() {
        String lines =
                results.queries().stream()
                        .filter(result -> result.outcome() instanceof Failed)
                        .map(result ->
                                "- %s: %s\n"
                                        .formatted(
                                                result.query(),
                                                ((Failed) result.outcome()).reason()))
                        .collect(Collectors.joining());
        return lines.isEmpty() ? "" : "\n" + lines;
    }
}
