package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestServer;
import io.pgtrickle.tests.turmoil.Turmoil;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/// A random graph under random failures; `bin/graph-turmoil` is the long form.
///
/// `-Dturmoil.seed=N` replays a graph and the troubles that are made, not their interleaving with
/// what else happens.
final class GraphTurmoilTest {
    private static final long SEED = Long.getLong("turmoil.seed", 3);

    @Test
    void whateverFailsTheOthersGoOnAndInTheEndAllEqualTheirQueries() throws Exception {
        List<String> log = new CopyOnWriteArrayList<>();
        try (TestDatabase database = TestServer.shared().database().weighingCosts()) {
            Turmoil turmoil = new Turmoil(database, SEED, 12, log::add);
            Turmoil.Result result = turmoil.run(Duration.ofSeconds(20), 2, "");
            assertThat(result.wrong()).as(String.join("\n", log)).isEmpty();
            assertThat(result.commits()).isPositive();
            assertThat(result.troubles()).isPositive();
            assertThat(result.comparisons()).isPositive();
        }
    }
}
