package io.pgtrickle.bench;

import io.pgtrickle.bench.RefreshBench.Method;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The paragraph that says what the numbers mean. Every sentence is computed, so that it is true of
/// other numbers too.
record Interpretation(Results results) {

    String paragraph() {
        return String.join(
                " ",
                claims(),
                changed(1),
                changed(10_000),
                slower(),
                capture(),
                pending(),
                latency(),
                tpch());
    }

    private String claims() {
        List<Claim> broken = Claim.of(results).stream().filter(claim -> !claim.isKept()).toList();
        if (broken.isEmpty()) {
            return "Everything promised was kept in this run.";
        }
        return "Not kept in this run: "
                + broken.stream()
                        .map(claim -> claim.subject() + " (" + claim.outcome() + ")")
                        .collect(Collectors.joining("; "))
                + ".";
    }

    private String changed(int rows) {
        Change change = new Change(Change.Kind.UPDATE, rows);
        return "After an "
                + change
                + (rows == 1 ? " row" : " rows")
                + ", recomputing and comparing took "
                + range(change, Method.FULL)
                + " times as long as the differential refresh, and REFRESH MATERIALIZED VIEW "
                + range(change, Method.MATERIALIZED_VIEW)
                + " times.";
    }

    private String range(Change change, Method method) {
        List<RefreshBench.Result> sorted =
                results.refreshes().stream()
                        .filter(result -> result.change().equals(change))
                        .sorted(Comparator.comparingDouble(result -> result.ratio(method)))
                        .toList();
        return end(sorted.getFirst(), method) + " to " + end(sorted.getLast(), method);
    }

    private static String end(RefreshBench.Result result, Method method) {
        return Numbers.milliseconds(result.ratio(method)) + " (" + result.workload().title() + ")";
    }

    private String slower() {
        List<String> slower =
                results.refreshes().stream()
                        .filter(result -> result.ratio(Method.MATERIALIZED_VIEW) < 1)
                        .map(result -> result.workload().title() + ", " + result.change())
                        .toList();
        return slower.isEmpty()
                ? "In no block was REFRESH MATERIALIZED VIEW faster than the differential refresh."
                : "REFRESH MATERIALIZED VIEW was faster than the differential refresh here: "
                        + String.join("; ", slower)
                        + ".";
    }

    private String capture() {
        return "With capture, a bulk UPDATE took "
                + Numbers.ratio(results.capture(Write.BULK_UPDATE).ratio().median())
                + " the time, a bulk INSERT "
                + Numbers.ratio(results.capture(Write.BULK_INSERT).ratio().median())
                + ", a bulk DELETE "
                + Numbers.ratio(results.capture(Write.BULK_DELETE).ratio().median())
                + " and a single-row transaction "
                + Numbers.ratio(results.capture(Write.SINGLE_ROW).ratio().median())
                + ".";
    }

    private String pending() {
        PendingBench.Result few = results.fewBesideMany();
        return "A refresh with "
                + Numbers.count(few.content().pending())
                + " pending changes took "
                + Numbers.ratio(
                        few.milliseconds().median() / results.fewAlone().milliseconds().median())
                + " the time when "
                + Numbers.count(few.content().kept())
                + " applied ones lay beside them, and one with "
                + Numbers.count(results.manyBesideFew().content().pending())
                + " pending took "
                + Numbers.ratio(
                        results.manyBesideFew().milliseconds().median()
                                / few.milliseconds().median())
                + " as long as that.";
    }

    private String latency() {
        return "On the idle system a committed row was visible in the stream table after "
                + Numbers.milliseconds(results.latency().near().median())
                + " ms in the median, at the end of a chain of five after "
                + Numbers.milliseconds(results.latency().far().median())
                + ".";
    }

    private String tpch() {
        TpchResults tpch = results.tpch();
        return "Of the 22 queries of TPC-H at scale "
                + tpch.scale().toPlainString()
                + " "
                + tpch.maintained()
                + " were maintained differentially; evaluating them in full took "
                + Numbers.ratio(tpch.geometricMean())
                + " as long in the geometric mean"
                + Stream.concat(tpch.smallest().stream(), tpch.largest().stream())
                        .map(ratio ->
                                Numbers.ratio(ratio.value()) + " (" + ratio.result().query() + ")")
                        .collect(Collectors.joining(" to ", ", ", "."));
    }
}
