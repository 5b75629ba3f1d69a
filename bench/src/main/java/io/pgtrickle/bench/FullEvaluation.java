package io.pgtrickle.bench;

import io.pgtrickle.bench.TpchResult.FullWay;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.tests.tpch.TpchQuery;
import java.sql.Connection;
import java.sql.SQLException;

/// The evaluation of a query in full, in the way that is faster for it: into a temporary table, or
/// by refreshing a materialized view that the caller made. The first measurement tries both ways
/// and is no sample. One thread.
final class FullEvaluation {
    private final Connection connection;
    private final TpchQuery query;
    private final Samples samples = new Samples();
    private FullWay way = FullWay.QUERY;
    private boolean chosen;

    FullEvaluation(Connection connection, TpchQuery query) {
        this.connection = connection;
        this.query = query;
    }

    /// The name of the materialized view.
    static String view(TpchQuery query) {
        return "view_" + query.name();
    }

    void measure() throws SQLException {
        if (chosen) {
            samples.add(time(way));
            return;
        }
        way =
                time(FullWay.QUERY) <= time(FullWay.MATERIALIZED_VIEW)
                        ? FullWay.QUERY
                        : FullWay.MATERIALIZED_VIEW;
        chosen = true;
    }

    /// The faster way, once measured.
    FullWay way() {
        return way;
    }

    /// The median milliseconds of the faster way.
    double median() throws SQLException {
        if (samples.size() == 0) {
            measure();
        }
        return samples.median();
    }

    private double time(FullWay how) throws SQLException {
        return switch (how) {
            case QUERY -> {
                double elapsed =
                        Stopwatch.time(() ->
                                Sql.execute(
                                        connection,
                                        "CREATE TEMPORARY TABLE evaluated AS " + query.sql()));
                Sql.execute(connection, "DROP TABLE evaluated");
                yield elapsed;
            }
            case MATERIALIZED_VIEW ->
                    Stopwatch.time(() ->
                            Sql.execute(connection, "REFRESH MATERIALIZED VIEW " + view(query)));
        };
    }
}
