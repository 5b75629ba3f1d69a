package io.pgtrickle.bench;

import java.util.List;

/// Everything that one run measured.
record Results(
        List<RefreshBench.Result> refreshes,
        List<CaptureBench.Result> captures,
        ImmediateBench.Results immediate,
        List<PendingBench.Result> pending,
        LatencyBench.Result latency,
        ParallelBench.Result parallel,
        TpchResults tpch) {
    Results {
        refreshes = List.copyOf(refreshes);
        captures = List.copyOf(captures);
        pending = List.copyOf(pending);
    }

    RefreshBench.Result refresh(Workload workload, Change change) {
        return refreshes.stream()
                .filter(it -> it.workload() == workload && it.change().equals(change))
                .findFirst()
                .orElseThrow();
    }

    CaptureBench.Result capture(Write write) {
        return captures.stream().filter(it -> it.write() == write).findFirst().orElseThrow();
    }

    /// The refresh of few changes alone.
    PendingBench.Result fewAlone() {
        return pending.getFirst();
    }

    /// The refresh of few changes beside many kept ones.
    PendingBench.Result fewBesideMany() {
        return pending.get(1);
    }

    /// The refresh of many changes beside few kept ones.
    PendingBench.Result manyBesideFew() {
        return pending.get(2);
    }
}
