package io.pgtrickle.runtime.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.Random;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CostsTest {
    private static final double SOURCES = 1_000_000;

    private static Optional<String> whyFull(Costs costs, long rows) {
        return costs.whyFull(rows, SOURCES, 0.8, 0.15);
    }

    private static Costs afterFull(double millis) {
        return Costs.NONE.recomputed(millis, SOURCES, 0);
    }

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(whyFull(Costs.NONE, 500_000)).isEmpty();
        assertThat(whyFull(afterFull(1000), 100_000)).isEmpty();
    }

    @Test
    void aLargeShareIsRecomputedWhenNothingElseIsKnown() {
        assertThat(whyFull(afterFull(1000), 200_000)).get().asString().contains("20 %");
        assertThat(afterFull(1000).whyFull(200_000, SOURCES, 0.8, 0)).isEmpty();
        assertThat(whyFull(afterFull(20), 200_000)).isEmpty();
        assertThat(whyFull(afterFull(1000).applied(200_000, 300), 200_000)).isEmpty();
    }

    @Test
    void whatIsDearerIsRecomputed() {
        Costs costs = afterFull(1000).applied(10_000, 900);
        assertThat(whyFull(costs, 10_000))
                .contains("applying 10000 changed rows takes about 900 ms, recomputing 1000 ms");
        assertThat(costs.whyFull(10_000, SOURCES, 0.95, 0.15)).isEmpty();
        assertThat(whyFull(costs, 60_000)).as("more rows take no less").isPresent();
        assertThat(whyFull(costs, 1_000)).as("fewer rows are another matter").isEmpty();
    }

    @Test
    void shortTimesDoNotMatter() {
        assertThat(whyFull(afterFull(2).applied(10, 45), 10)).isEmpty();
        assertThat(afterFull(2).applied(10, 45).asksForSources(10)).isFalse();
        assertThat(afterFull(2).applied(10, 60).asksForSources(10)).isTrue();
    }

    @Test
    void sourcesThatGrewTakeLongerToRecompute() {
        Costs costs = Costs.NONE.recomputed(100, 10_000, 0).applied(10_000, 200);
        assertThat(costs.whyFull(10_000, 10_000, 0.8, 0)).isPresent();
        assertThat(costs.whyFull(10_000, 100_000, 0.8, 0)).isEmpty();
    }

    @Test
    void theTwoDoNotAlternate() {
        Costs costs = afterFull(1000).applied(10_000, 850).recomputed(1000, SOURCES, 10_000);
        assertThat(whyFull(costs.applied(10_000, 700), 10_000))
                .as("a little less than what made us recompute")
                .isPresent();
        assertThat(whyFull(costs.applied(10_000, 400), 10_000)).isEmpty();
    }

    @Test
    void thresholdIsTheShareFromWhichOnChangesWereRecomputed() {
        assertThat(afterFull(1000).applied(10_000, 850).threshold()).isEmpty();
        assertThat(afterFull(1000).recomputed(1000, SOURCES, 100_000).threshold())
                .hasValueSatisfying(it -> assertThat(it).isBetween(0.06, 0.07));
    }

    @Test
    void survivesTheCatalog() {
        Costs costs = afterFull(12.5).applied(10_000, 850).recomputed(1000, SOURCES, 10_000);
        assertThat(Costs.parse(Optional.of(costs.json()))).isEqualTo(costs);
        assertThat(Costs.parse(Optional.of("{\"of\": \"another version\"}"))).isEqualTo(Costs.NONE);
        assertThat(Costs.parse(Optional.of("{}"))).isEqualTo(Costs.NONE);
        assertThat(Costs.parse(Optional.empty())).isEqualTo(Costs.NONE);
    }

    /// Whatever a change costs, in the long run choosing costs little more than the best of the two
    /// would have, also when that becomes the other after a while.
    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.3, 0.7, 1.5, 4, 30})
    void choosingCostsLittleMoreThanTheBest(double ratio) {
        for (double later : new double[] {0.02, ratio, 10}) {
            Random random = new Random(1);
            Costs costs = afterFull(1000);
            double taken = 0;
            double best = 0;
            for (int i = 0; i < 4000; i++) {
                double relative = i < 2000 ? ratio : later;
                LongToDoubleFunction noisy = it -> it * (0.8 + 0.4 * random.nextDouble());
                double applying = noisy.applyAsDouble(Math.round(1000 * relative));
                double recomputing = noisy.applyAsDouble(1000);
                if (whyFull(costs, 10_000).isPresent()) {
                    costs = costs.recomputed(recomputing, SOURCES, 10_000);
                    taken += recomputing;
                } else {
                    costs = costs.applied(10_000, applying);
                    taken += applying;
                }
                best += Math.min(1000 * relative, 1000);
            }
            assertThat(taken).as("first %s, later %s", ratio, later).isLessThan(1.35 * best);
        }
    }

    @Test
    void oneLongTimeIsForgiven() {
        Costs costs = afterFull(1000);
        for (int i = 0; i < 10; i++) {
            costs = costs.applied(10_000, 100);
        }
        costs = costs.applied(10_000, 60_000);
        assertThat(whyFull(costs, 10_000)).isEmpty();
        assertThat(whyFull(costs.applied(10_000, 60_000), 10_000)).isPresent();
    }
}
