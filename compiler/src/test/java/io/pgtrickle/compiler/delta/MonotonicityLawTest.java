package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.model.Evaluator;
import io.pgtrickle.compiler.model.Row;
import io.pgtrickle.compiler.model.ZSet;
import io.pgtrickle.compiler.plan.Monotonicity;
import io.pgtrickle.compiler.plan.Plan;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// What is called monotone in some relations never loses a row when these gain some. Values that
/// are equal count as the same: DISTINCT shows one of them. `-Dmonotone.cases=N` sets how many
/// cases there are.
class MonotonicityLawTest {
    private static final long CASES = Long.getLong("monotone.cases", 15_000L);

    /// @param growing the OIDs of relations
    private record Case(LawCase plan, Set<Long> growing) {
        static Case of(long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            Set<Long> growing = new TreeSet<>();
            for (Relation relation : Tables.ALL) {
                if (random.nextBoolean()) {
                    growing.add(relation.oid());
                }
            }
            return new Case(LawCase.of(seed), growing);
        }

        boolean isMonotone() {
            return Monotonicity.obstacle(plan.plan(), growing).isEmpty();
        }

        private Map<Long, ZSet> grown() {
            Map<Long, ZSet> grown = new TreeMap<>(plan.state(0));
            growing.forEach(oid ->
                    grown.computeIfPresent(
                            oid,
                            (_, rows) -> rows.plus(plan.state(1).getOrDefault(oid, ZSet.empty()))));
            return grown;
        }

        /// The rows that are fewer when the relations have grown.
        ZSet lost() {
            ZSet before = Evaluator.evaluate(plan.plan(), plan.state(0));
            ZSet after = Evaluator.evaluate(plan.plan(), grown());
            return before.map(Row::key).minus(after.map(Row::key)).positive();
        }
    }

    @Test
    void whatIsMonotoneLosesNoRow() {
        LongStream.range(0, CASES)
                .mapToObj(Case::of)
                .filter(Case::isMonotone)
                .forEach(it ->
                        assertThat(it.lost())
                                .as("%s, growing %s", it.plan(), it.growing())
                                .isEqualTo(ZSet.empty()));
    }

    /// Else it would be a law about nothing: all operators occur where they are monotone, and what
    /// is called an obstacle does lose rows.
    @Test
    void bothKindsOccur() {
        Set<Class<?>> monotone = new HashSet<>();
        Set<String> losing = new TreeSet<>();
        LongStream.range(0, CASES)
                .mapToObj(Case::of)
                .forEach(it -> {
                    if (!it.isMonotone()) {
                        if (!it.lost().equals(ZSet.empty())) {
                            losing.add(
                                    Monotonicity.obstacle(it.plan().plan(), it.growing())
                                            .orElseThrow());
                        }
                    } else if (it.plan()
                            .plan()
                            .scans()
                            .anyMatch(scan -> it.growing().contains(scan.relation().oid()))) {
                        it.plan().plan().operators().map(Plan::getClass).forEach(monotone::add);
                    }
                });
        assertThat(losing)
                .containsExactlyInAnyOrder(
                        "LIMIT",
                        "NOT EXISTS, NOT IN or ALL",
                        "aggregate, scalar sub-query, INTERSECT or EXCEPT",
                        "outer join",
                        "window function");
        assertThat(monotone)
                .contains(
                        Plan.Join.class,
                        Plan.Aggregate.class,
                        Plan.Distinct.class,
                        Plan.Window.class,
                        Plan.Limit.class,
                        Plan.Expand.class,
                        Plan.UnionAll.class,
                        Plan.Recursive.class,
                        Plan.Working.class,
                        Plan.Stored.class);
    }
}
