package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.graph.GraphLoad;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A service that looks after a random graph while its sources are written; `bin/graph-load` is the
/// long form.
final class GraphLoadTest {
    @ParameterizedTest
    @ValueSource(longs = {11, 12})
    void everyStreamTableEqualsItsQueryInTheEnd(long seed) throws Exception {
        try (TestDatabase database = TestServer.shared().database().weighingCosts()) {
            GraphLoad.Result result =
                    new GraphLoad(database, seed, 5, 30, 4, 0, _ -> {})
                            .run(Duration.ofSeconds(4), Duration.ofMillis(5), 2, false);
            assertThat(result.failures()).isEmpty();
            assertThat(result.differences()).isEmpty();
            assertThat(result.commits()).isPositive();
            assertThat(result.refreshes()).isPositive();
        }
    }
}
