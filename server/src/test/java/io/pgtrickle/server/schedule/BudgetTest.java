package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.server.schedule.Limits.Mode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Who gets a worker.
final class BudgetTest {
    private final List<String> told = new ArrayList<>();

    private Budget.Share share(Budget budget, Limits limits, String name) {
        return budget.share(limits, () -> told.add(name)).open();
    }

    @ParameterizedTest
    @CsvSource({
        "ON, 3, 0, 4, 3",
        "ON, 9, 0, 4, 4",
        "ON, 9, 0, 64, 8",
        "OFF, 4, 0, 4, 1",
        "DRY_RUN, 4, 3, 4, 1"
    })
    void oneDatabaseHasWhatItsSettingsAndTheServiceAllow(
            Mode mode, int refreshes, int quota, int pool, int expected) {
        Budget.Share share = share(new Budget(8), new Limits(mode, refreshes, quota, pool), "a");
        assertThat(share.own()).isEqualTo(expected);
        assertThat(share.take(20)).isEqualTo(expected);
        assertThat(share.take(20)).isZero();
    }

    /// The quota, and half as many again while less than four fifths of all are busy.
    @ParameterizedTest
    @CsvSource({
        "1, 20, 2",
        "2, 20, 3",
        "4, 20, 6",
        "5, 20, 7",
        "4, 6, 5",
        "4, 5, 4",
        "1, 2, 2",
        "1, 1, 1"
    })
    void aQuotaIsExceededWhileThereAreEnough(int quota, int pool, int expected) {
        Budget.Share share = share(new Budget(64), new Limits(Mode.ON, 1, quota, pool), "a");
        int taken = 0;
        while (share.take(1) == 1) {
            taken++;
        }
        assertThat(taken).isEqualTo(expected);
    }

    @Test
    void theLastWorkerIsKeptForWhoHasNone() {
        Budget budget = new Budget(4);
        Budget.Share a = share(budget, Limits.of(4), "a");
        Budget.Share b = share(budget, Limits.of(4), "b");
        assertThat(a.take(4)).isEqualTo(3);
        assertThat(b.take(2)).isEqualTo(1);
        a.giveBack();
        assertThat(told).containsExactly("b");
        assertThat(b.take(1)).isEqualTo(1);
    }

    @Test
    void thereAreNeverFewerWorkersThanDatabases() {
        Budget budget = new Budget(2);
        List<Budget.Share> shares = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            shares.add(share(budget, Limits.of(1), "s"));
        }
        shares.forEach(it -> assertThat(it.take(3)).isEqualTo(1));
        assertThat(shares.getFirst().size()).isEqualTo(5);
    }

    @Test
    void whileAnotherWaitsNobodyTakesMoreThanItsPart() {
        Budget budget = new Budget(4);
        Budget.Share a = share(budget, Limits.of(4), "a");
        Budget.Share b = share(budget, Limits.of(4), "b");
        a.take(3);
        b.take(3);
        a.giveBack();
        assertThat(a.take(1)).as("b has asked before").isZero();
        assertThat(b.take(2)).isEqualTo(1);
        assertThat(b.take(1)).isZero();
        b.giveBack();
        assertThat(b.take(0)).as("b does not wait any more").isZero();
        assertThat(a.take(1)).isEqualTo(1);
    }

    @Test
    void whoIsAtItsOwnLimitHoldsNobodyUp() {
        Budget budget = new Budget(8);
        Budget.Share a = share(budget, Limits.of(8), "a");
        Budget.Share single = share(budget, new Limits(Mode.OFF, 8, 0, 8), "single");
        assertThat(single.take(5)).isEqualTo(1);
        assertThat(a.take(20)).isEqualTo(7);
        a.giveBack();
        assertThat(told).as("one more would be of no use to it").isEmpty();
    }

    @Test
    void whoLeavesKeepsNothing() {
        Budget budget = new Budget(2);
        Budget.Share a = share(budget, Limits.of(2), "a");
        Budget.Share b = share(budget, Limits.of(2), "b");
        a.take(1);
        assertThat(b.take(2)).isEqualTo(1);
        a.close();
        assertThat(told).containsExactly("b");
        assertThat(b.take(1)).isEqualTo(1);
        a.giveBack();
        assertThat(a.take(1)).isZero();
        assertThat(b.take(1)).isZero();
    }

    @Test
    void limitsChangeWhileRefreshesRun() {
        Budget budget = new Budget(8);
        Budget.Share a = share(budget, Limits.of(2), "a");
        Budget.Share b = share(budget, Limits.of(2), "b");
        assertThat(a.take(3)).isEqualTo(1);
        b.limits(new Limits(Mode.ON, 1, 0, 6));
        assertThat(told).containsExactly("a");
        assertThat(a.size()).isEqualTo(6);
        assertThat(a.take(3)).isEqualTo(1);
        a.limits(new Limits(Mode.OFF, 4, 0, 4));
        a.giveBack();
        assertThat(a.take(1)).as("one still runs").isZero();
    }

    /// Many databases that take and give back at random: the sum is never too large, and one that
    /// has none and wants one always gets it.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void nobodyIsLockedOut(long seed) {
        Random random = new Random(seed);
        Budget budget = new Budget(1 + random.nextInt(12));
        List<Budget.Share> shares = new ArrayList<>();
        List<Integer> active = new ArrayList<>();
        for (int i = 0; i < 2 + random.nextInt(5); i++) {
            shares.add(
                    share(
                            budget,
                            new Limits(
                                    Mode.ON,
                                    1 + random.nextInt(6),
                                    random.nextInt(4),
                                    1 + random.nextInt(12)),
                            "s" + i));
            active.add(0);
        }
        for (int step = 0; step < 20_000; step++) {
            int i = random.nextInt(shares.size());
            if (random.nextBoolean() && active.get(i) > 0) {
                shares.get(i).giveBack();
                active.set(i, active.get(i) - 1);
            } else {
                int taken = shares.get(i).take(1 + random.nextInt(4));
                active.set(i, active.get(i) + taken);
                assertThat(active.get(i)).as("seed %d step %d", seed, step).isPositive();
            }
            assertThat(active.stream().mapToInt(it -> it).sum())
                    .isLessThanOrEqualTo(shares.get(i).size());
        }
    }
}
