package io.pgtrickle.bench;

import io.pgtrickle.bench.TpchResult.Failed;
import io.pgtrickle.bench.TpchResult.Measured;
import io.pgtrickle.bench.TpchResult.Outcome;
import io.pgtrickle.bench.TpchResult.TooSlow;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.tests.tpch.TpchLoader;
import io.pgtrickle.tests.tpch.TpchQuery;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The 22 queries of TPC-H, one after the other: full evaluation and differential refresh after
/// changes of six tables. What fails or takes too long is a result, not the end of the run.
final class TpchBench {
    static final int ROUNDS = 5;

    /// Before those that count: a service has refreshed its stream tables for long, and for the
    /// first queries the Java process is as new as the connection.
    static final int WARM_UP = 3;

    /// One statement may not take longer.
    static final Duration LIMIT = Duration.ofMinutes(2);

    private static final String TIMEOUT = "57014";

    private final Environment environment;
    private final BigDecimal scale;

    /// Measures on an environment without other tables.
    TpchBench(Environment environment, BigDecimal scale) {
        this.environment = environment;
        this.scale = scale;
    }

    TpchResults run() throws SQLException {
        Connection writer = environment.writer();
        Progress.say("loading TPC-H at scale " + scale);
        TpchLoader.load(writer, scale);
        TpchMix mix = new TpchMix(writer, scale);
        String limit = "SET statement_timeout = '" + LIMIT.toSeconds() + "s'";
        Sql.execute(environment.refresher(), limit);
        Sql.execute(environment.evaluator(), limit);
        List<TpchResult> results = new ArrayList<>();
        for (TpchQuery query : TpchQuery.all(scale)) {
            Sql.execute(writer, "CHECKPOINT");
            Outcome outcome = outcome(query, mix);
            Progress.say(query + ": " + outcome);
            results.add(new TpchResult(query, outcome));
        }
        return new TpchResults(scale, results);
    }

    private Outcome outcome(TpchQuery query, TpchMix mix) throws SQLException {
        String view = FullEvaluation.view(query);
        Connection evaluator = environment.evaluator();
        long start = System.nanoTime();
        try (Subject subject = Subject.create(environment, definition(query))) {
            double creation = Stopwatch.since(start);
            Sql.execute(evaluator, "CREATE MATERIALIZED VIEW " + view + " AS " + query.sql());
            return measure(subject, creation, query, mix);
        } catch (PgTrickleException | IllegalStateException | SQLException e) {
            return new Failed(String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        } finally {
            Sql.execute(evaluator, "DROP MATERIALIZED VIEW IF EXISTS " + view);
        }
    }

    private static StreamTableDefinition definition(TpchQuery query) {
        return StreamTableDefinition.of(query.name(), query.sql())
                .withMode(RefreshMode.DIFFERENTIAL);
    }

    private Outcome measure(Subject subject, double creation, TpchQuery query, TpchMix mix)
            throws SQLException {
        FullEvaluation full = new FullEvaluation(environment.evaluator(), query);
        Samples differential = new Samples();
        for (int round = 1 - WARM_UP; round <= ROUNDS; round++) {
            mix.apply();
            Optional<Double> elapsed = differential(subject);
            // The first time, it chooses the faster way.
            if (round == 1 - WARM_UP || round > 0) {
                full.measure();
            }
            if (elapsed.isEmpty()) {
                return new TooSlow(creation, full.median(), full.way(), LIMIT.toMillis());
            }
            if (round > 0) {
                differential.add(elapsed.get());
            }
        }
        subject.verify();
        return new Measured(creation, full.median(), full.way(), differential.median());
    }

    /// The time of a refresh, empty when it was stopped.
    private Optional<Double> differential(Subject subject) throws SQLException {
        try {
            double elapsed = subject.differential();
            environment.clean();
            return Optional.of(elapsed);
        } catch (SQLException e) {
            if (TIMEOUT.equals(e.getSQLState())) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
