package io.pgtrickle.bench;

import io.pgtrickle.bench.TpchResult.Failed;
import io.pgtrickle.bench.TpchResult.Measured;
import io.pgtrickle.bench.TpchResult.TooSlow;
import java.math.BigDecimal;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.DoubleStream;

/// Everything measured of TPC-H.
record TpchResults(BigDecimal scale, List<TpchResult> queries) {
    TpchResults {
        queries = List.copyOf(queries);
    }

    /// A query with its full time over its differential time; of one that was stopped, the bound.
    record Ratio(TpchResult result, double value) {}

    private static OptionalDouble ratio(TpchResult result) {
        return switch (result.outcome()) {
            case Measured measured -> OptionalDouble.of(measured.ratio());
            case TooSlow slow -> OptionalDouble.of(slow.bound());
            case Failed _ -> OptionalDouble.empty();
        };
    }

    private List<Ratio> ratios() {
        return queries.stream()
                .flatMap(result ->
                        ratio(result).stream().mapToObj(value -> new Ratio(result, value)))
                .toList();
    }

    /// The geometric mean of the ratios, 0 when there are none.
    double geometricMean() {
        DoubleStream logarithms = ratios().stream().mapToDouble(ratio -> Math.log(ratio.value()));
        OptionalDouble mean = logarithms.average();
        return mean.isPresent() ? Math.exp(mean.getAsDouble()) : 0;
    }

    Optional<Ratio> smallest() {
        return ratios().stream().min(Comparator.comparingDouble(Ratio::value));
    }

    Optional<Ratio> largest() {
        return ratios().stream().max(Comparator.comparingDouble(Ratio::value));
    }

    /// The number of queries that were maintained differentially within the limit.
    long maintained() {
        return queries.stream().filter(it -> it.outcome() instanceof Measured).count();
    }
}
