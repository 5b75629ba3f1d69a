package io.pgtrickle.bench;

import io.pgtrickle.bench.RefreshBench.Method;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The text of `docs/BENCHMARKS.md`.
record Report(Scale scale, LocalDate date, Machine machine, Results results) {

    String text() {
        String sections =
                String.join(
                        "\n",
                        head(),
                        interpretation(),
                        claims(),
                        refreshes(),
                        captures(),
                        immediate(),
                        pending(),
                        latency(),
                        parallel(),
                        new TpchReport(results.tpch()).text(),
                        queries());
        return sections.stripTrailing() + "\n";
    }

    private String interpretation() {
        return "## What it means\n\n" + new Interpretation(results).paragraph() + "\n";
    }

    private String head() {
        String note =
                switch (scale) {
                    case FULL -> "";
                    case QUICK ->
                            "This was a quick run: it shows that everything works, not how fast.";
                };
        String rows =
                "Rows: %s orders, %s customers; TPC-H at scale %s"
                        .formatted(
                                Numbers.count(scale.orders()),
                                Numbers.count(scale.customers()),
                                results.tpch().scale().toPlainString());
        return new Head(note, date, rows, machine).text();
    }

    private String claims() {
        return Claim.section(Claim.of(results));
    }

    private String refreshes() {
        return """
        ## Refresh

        One committed statement changes random rows of `orders`; then the result is brought up to date: by a
        differential refresh, by a full refresh (recompute, compare, apply the difference) or by `REFRESH
        MATERIALIZED VIEW` of the same query, in turn. UPDATEs change `amount`, which every query reads. Times
        include the commit, which for the first two is as the service's: it does not wait for the disk.
        Connections stay open; each block is warmed up. After each block the stream table was compared with its
        query, as multisets.

        %s\
        """
                .formatted(refreshTable());
    }

    private MarkdownTable refreshTable() {
        MarkdownTable table =
                new MarkdownTable(
                        "query",
                        "changed rows",
                        "differential",
                        "full",
                        "matview",
                        "full / diff.",
                        "matview / diff.",
                        "repetitions");
        for (RefreshBench.Result result : results.refreshes()) {
            table.row(
                    result.workload().title(),
                    result.change().toString(),
                    Numbers.milliseconds(result.median(Method.DIFFERENTIAL)),
                    Numbers.milliseconds(result.median(Method.FULL)),
                    Numbers.milliseconds(result.median(Method.MATERIALIZED_VIEW)),
                    Numbers.ratio(result.ratio(Method.FULL)),
                    Numbers.ratio(result.ratio(Method.MATERIALIZED_VIEW)),
                    Arrays.stream(Method.values())
                            .map(method -> Integer.toString(result.repetitions(method)))
                            .collect(Collectors.joining(" / ")));
        }
        return table;
    }

    private String captures() {
        MarkdownTable table =
                new MarkdownTable("write", "plain", "captured", "ratio", "buffer rows", "pairs");
        for (CaptureBench.Result result : results.captures()) {
            table.row(
                    result.write().title(),
                    Numbers.milliseconds(result.plain().median()),
                    Numbers.milliseconds(result.captured().median()),
                    Numbers.ratio(result.ratio().median()),
                    Numbers.count(result.bufferRows()),
                    Integer.toString(result.ratio().size()));
        }
        return """
        ## Capture

        The same write to two identical tables `(id int PRIMARY KEY, a int, b int, amount numeric(10,2))` of
        10,000 rows, one of them read by a stream table; in turn, over one loopback connection. The ratio is
        the median of the ratios of the pairs. Single-row transactions are run %d at a time, times are of one.

        %s\
        """
                .formatted(scale.transactions(), table);
    }

    private String immediate() {
        MarkdownTable table =
                new MarkdownTable("transaction", "0", "1", "5", "1 / 0", "5 / 0", "rounds");
        for (ImmediateBench.Result result : results.immediate().results()) {
            table.row(
                    result.title(),
                    Numbers.milliseconds(result.times().get(0).median()),
                    Numbers.milliseconds(result.times().get(1).median()),
                    Numbers.milliseconds(result.times().get(2).median()),
                    Numbers.ratio(result.ratio(1)),
                    Numbers.ratio(result.ratio(5)),
                    Integer.toString(result.times().getFirst().size()));
        }
        return """
        ## Writes under IMMEDIATE stream tables

        The same transactions of one statement on tables `(id bigint PRIMARY KEY, k int, v int)` of 10,000 rows, read by 0,
        1 and 5 stream tables of mode IMMEDIATE: count and sum in 1,000 groups. In turn, over one loopback connection; times are
        of one transaction, its commit included. An INSERT of 1 row takes %s the time when there are %s rows.

        %s\
        """
                .formatted(
                        Numbers.ratio(results.immediate().growth()),
                        Numbers.count(scale.orders()),
                        table);
    }

    private String pending() {
        MarkdownTable table = new MarkdownTable("pending", "applied and kept", "refresh", "rounds");
        for (PendingBench.Result result : results.pending()) {
            table.row(
                    Numbers.count(result.content().pending()),
                    Numbers.count(result.content().kept()),
                    Numbers.milliseconds(result.milliseconds().median()),
                    Integer.toString(result.milliseconds().size()));
        }
        return """
        ## Pending and kept changes

        A second, lagging stream table keeps changes in the buffer that the measured one (join + aggregate)
        has applied. The cost of a refresh should follow what is pending.

        %s\
        """
                .formatted(table);
    }

    private String latency() {
        LatencyBench.Result latency = results.latency();
        MarkdownTable table =
                new MarkdownTable("levels", "samples", "median", "95th percentile", "maximum");
        latencyRow(table, "1", latency.near());
        latencyRow(table, Integer.toString(LatencyBench.LEVELS), latency.far());
        return """
        ## Commit to visible

        The service runs, the stream tables have no schedule but follow changes, the system is idle before each sample.
        From the acknowledged commit of a single-row INSERT to the first query of another connection that sees the row, in
        a stream table over the table, and in the last of a chain of %d.

        %s
        Samples by milliseconds:

        %s\
        """
                .formatted(
                        LatencyBench.LEVELS,
                        table,
                        new Histogram(List.of(5, 7, 10, 15, 20, 30, 40, 60, 100))
                                .table(
                                        "ms",
                                        List.of("1 level", LatencyBench.LEVELS + " levels"),
                                        List.of(latency.near(), latency.far())));
    }

    private static void latencyRow(MarkdownTable table, String levels, Samples samples) {
        table.row(
                levels,
                Integer.toString(samples.size()),
                Numbers.milliseconds(samples.median()),
                Numbers.milliseconds(samples.percentile(95)),
                Numbers.milliseconds(samples.max()));
    }

    private String parallel() {
        ParallelBench.Result parallel = results.parallel();
        MarkdownTable table = new MarkdownTable("workers", "median", "rounds");
        table.row(
                "1",
                Numbers.milliseconds(parallel.serial().median()),
                Integer.toString(parallel.serial().size()));
        table.row(
                Integer.toString(ParallelBench.WORKERS),
                Numbers.milliseconds(parallel.parallel().median()),
                Integer.toString(parallel.parallel().size()));
        return """
        ## Refreshes beside each other

        One transaction updates a tenth of the %s rows of each of %d tables; a service refreshes the %d stream tables over them
        (count and sum in 1,000 groups). From the begin of the first refresh to the end of the last one,
        after %d changes that warm up.

        %s\
        """
                .formatted(
                        Numbers.count(scale.parallelRows()),
                        ParallelBench.TABLES,
                        ParallelBench.TABLES,
                        ParallelBench.WARM_UP,
                        table);
    }

    private static String queries() {
        return Arrays.stream(Workload.values())
                .map(workload -> "-- %s\n%s;\n".formatted(workload.title(), workload.query()))
                .collect(Collectors.joining("\n", "## Queries\n\n```sql\n", "```\n"));
    }

    /// The text of a run that measured TPC-H alone.
    static String ofTpch(TpchResults tpch, LocalDate date, Machine machine) {
        String rows = "Scale: " + tpch.scale().toPlainString();
        return String.join(
                "\n",
                new Head("This run measured TPC-H alone.", date, rows, machine).text(),
                Claim.section(Claim.ofTpch(tpch)),
                new TpchReport(tpch).text());
    }
}
