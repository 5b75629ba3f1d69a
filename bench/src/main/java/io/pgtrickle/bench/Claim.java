package io.pgtrickle.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/// A number that the project promises, and what was measured.
///
/// @param subject what is measured
/// @param limit what it must keep
/// @param measured what it was
record Claim(String subject, Limit limit, double measured) {

    /// @param unit the unit of both numbers, with the space before it if any
    record Limit(Side side, double value, String unit) {}

    enum Side {
        AT_LEAST,
        AT_MOST
    }

    boolean isKept() {
        return switch (limit.side()) {
            case AT_LEAST -> measured >= limit.value();
            case AT_MOST -> measured <= limit.value();
        };
    }

    String promise() {
        String words =
                switch (limit.side()) {
                    case AT_LEAST -> "at least ";
                    case AT_MOST -> "at most ";
                };
        return words + number(limit.value());
    }

    String outcome() {
        return number(measured);
    }

    private String number(double value) {
        String text =
                value == Math.rint(value)
                        ? Numbers.count((long) value)
                        : Numbers.milliseconds(value);
        return text + limit.unit();
    }

    /// The report's section on these claims.
    static String section(List<Claim> claims) {
        MarkdownTable table = new MarkdownTable("what", "promised", "measured", "kept");
        for (Claim claim : claims) {
            table.row(
                    claim.subject(),
                    claim.promise(),
                    claim.outcome(),
                    claim.isKept() ? "yes" : "NO");
        }
        return "## What is promised\n\n" + table;
    }

    /// What the project promises of these results.
    static List<Claim> of(Results results) {
        List<Claim> claims = new ArrayList<>();
        Collections.addAll(
                claims,
                speedUp(results, 1, 100),
                speedUp(results, 10_000, 5),
                new Claim(
                        "UPDATE of 10,000 rows, with capture / without",
                        new Limit(Side.AT_MOST, 1.6, "x"),
                        results.capture(Write.BULK_UPDATE).ratio().median()),
                new Claim(
                        "buffer rows of an UPDATE of an unread column",
                        new Limit(Side.AT_MOST, 0, ""),
                        results.capture(Write.UNREAD_UPDATE).bufferRows()),
                new Claim(
                        "INSERT of 1 row, with an IMMEDIATE aggregate / without",
                        new Limit(Side.AT_MOST, 3, "x"),
                        results.immediate().singleInsert().ratio(1)),
                new Claim(
                        "the same on 100 times as many rows",
                        new Limit(Side.AT_MOST, 1.5, "x"),
                        results.immediate().growth()),
                new Claim(
                        "few pending changes, beside many kept ones / alone",
                        new Limit(Side.AT_MOST, 2, "x"),
                        results.fewBesideMany().milliseconds().median()
                                / results.fewAlone().milliseconds().median()),
                new Claim(
                        "commit to visible when idle, median",
                        new Limit(Side.AT_MOST, 15, " ms"),
                        results.latency().near().median()),
                new Claim(
                        "the same through five levels",
                        new Limit(Side.AT_MOST, 60, " ms"),
                        results.latency().far().median()),
                new Claim(
                        "10 independent refreshes, %d workers / one"
                                .formatted(ParallelBench.WORKERS),
                        new Limit(Side.AT_MOST, 0.65, "x"),
                        results.parallel().ratio()));
        claims.addAll(ofTpch(results.tpch()));
        return List.copyOf(claims);
    }

    /// What the project promises of TPC-H.
    static List<Claim> ofTpch(TpchResults tpch) {
        return List.of(
                new Claim(
                        "TPC-H, queries maintained differentially",
                        new Limit(Side.AT_LEAST, 22, ""),
                        tpch.maintained()),
                new Claim(
                        "TPC-H, full / differential, geometric mean",
                        new Limit(Side.AT_LEAST, 10, "x"),
                        tpch.geometricMean()),
                new Claim(
                        "TPC-H, full / differential, smallest",
                        new Limit(Side.AT_LEAST, 0.8, "x"),
                        tpch.smallest().map(TpchResults.Ratio::value).orElse(0.0)));
    }

    private static Claim speedUp(Results results, int rows, int target) {
        Change change = new Change(Change.Kind.UPDATE, rows);
        return new Claim(
                "join + aggregate, " + change + ", full / differential",
                new Limit(Side.AT_LEAST, target, "x"),
                results.refresh(Workload.JOIN_AGGREGATE, change).ratio(RefreshBench.Method.FULL));
    }
}
