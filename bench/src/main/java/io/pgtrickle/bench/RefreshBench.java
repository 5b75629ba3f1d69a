package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Differential refresh, full refresh and `REFRESH MATERIALIZED VIEW` of the same query, in turn.
final class RefreshBench {
    private static final int WARM_UPS = 2;

    private final Environment environment;
    private final Scale scale;
    private final Orders orders;

    RefreshBench(Environment environment, Scale scale, Orders orders) {
        this.environment = environment;
        this.scale = scale;
        this.orders = orders;
    }

    /// The ways to bring a stored result up to date.
    enum Method {
        DIFFERENTIAL,
        FULL,
        MATERIALIZED_VIEW
    }

    /// The milliseconds of one block.
    record Result(Workload workload, Change change, Map<Method, Samples> samples) {
        Result {
            samples = Map.copyOf(samples);
        }

        double median(Method method) {
            return of(method).median();
        }

        int repetitions(Method method) {
            return of(method).size();
        }

        /// How many times as long as the differential refresh.
        double ratio(Method method) {
            return median(method) / median(Method.DIFFERENTIAL);
        }

        private Samples of(Method method) {
            Samples found = samples.get(method);
            if (found == null) {
                throw new IllegalStateException(method + " was not measured");
            }
            return found;
        }
    }

    List<Result> run() throws SQLException {
        List<Result> results = new ArrayList<>();
        for (Workload workload : Workload.values()) {
            String view = workload.table("view");
            Sql.execute(
                    environment.writer(),
                    "CREATE MATERIALIZED VIEW " + view + " AS " + workload.query());
            try (Subject subject =
                    Subject.create(environment, workload.table("stream"), workload.query())) {
                subject.full();
                materialize(view);
                for (Change change : Change.MEASURED) {
                    Progress.say(workload.title() + ", " + change);
                    results.add(new Result(workload, change, block(subject, view, change)));
                    subject.verify();
                }
            }
            Sql.execute(environment.writer(), "DROP MATERIALIZED VIEW " + view);
        }
        return results;
    }

    private Map<Method, Samples> block(Subject subject, String view, Change change)
            throws SQLException {
        Sql.execute(environment.writer(), "CHECKPOINT");
        for (int i = 0; i < WARM_UPS; i++) {
            differential(subject, change);
        }
        Samples differential = new Samples();
        Samples full = new Samples();
        Samples materialized = new Samples();
        for (int round = 0; round < scale.rounds(); round++) {
            for (int i = 0; i < scale.differentials(change.rows()); i++) {
                differential.add(differential(subject, change));
            }
            orders.apply(change);
            full.add(subject.full());
            environment.clean();
            materialized.add(Stopwatch.time(() -> materialize(view)));
        }
        return Map.of(
                Method.DIFFERENTIAL, differential,
                Method.FULL, full,
                Method.MATERIALIZED_VIEW, materialized);
    }

    private double differential(Subject subject, Change change) throws SQLException {
        orders.apply(change);
        double elapsed = subject.differential();
        environment.clean();
        return elapsed;
    }

    private void materialize(String view) throws SQLException {
        Sql.execute(environment.evaluator(), "REFRESH MATERIALIZED VIEW " + view);
    }
}
