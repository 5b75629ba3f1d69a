package io.pgtrickle.tests.cost;

import io.pgtrickle.runtime.api.DropBehavior;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.api.StreamTables;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.sql.SQLException;

/// An operator and a query that needs it.
///
/// @param name the operator, for people
/// @param query over the tables of [CostTables]; `upstream` is a stream table over them
public record CostCase(String name, String query) {
    private static final String TABLE = "measured";
    private static final String UPSTREAM = "upstream";

    /// What a few changed rows of each source cost.
    public RefreshCost measure(CostTables tables) throws SQLException {
        StreamTables streamTables = tables.database().streamTables();
        boolean chained = query.contains(UPSTREAM);
        tables.settle();
        if (chained) {
            create(streamTables, UPSTREAM, "SELECT k, sum(v) AS s FROM a GROUP BY k");
            tables.database()
                    .execute("CREATE INDEX ON " + UPSTREAM + " (k)", "ANALYZE " + UPSTREAM);
        }
        create(streamTables, TABLE, query);
        try (Session session = tables.database().session()) {
            tables.change();
            if (chained) {
                streamTables.refresh(UPSTREAM);
            }
            RefreshCost cost = RefreshCost.of(session, TABLE);
            RefreshOutcome outcome = streamTables.refresh(TABLE);
            if (outcome.action() != RefreshOutcome.Action.DIFFERENTIAL
                    || outcome.rowsInserted() + outcome.rowsUpdated() + outcome.rowsDeleted()
                            == 0) {
                throw new IllegalStateException("nothing to measure: " + outcome);
            }
            return cost;
        } finally {
            streamTables.drop(TABLE, DropBehavior.RESTRICT);
            if (chained) {
                streamTables.drop(UPSTREAM, DropBehavior.RESTRICT);
            }
        }
    }

    private static void create(StreamTables streamTables, String name, String query) {
        streamTables.create(
                StreamTableDefinition.of(name, query).withMode(RefreshMode.DIFFERENTIAL));
    }
}
