package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.script.Comparison;
import io.pgtrickle.tests.tpch.TpchChanges;
import io.pgtrickle.tests.tpch.TpchLoader;
import io.pgtrickle.tests.tpch.TpchQuery;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// The 22 queries of TPC-H, all followed within the transactions that change all eight tables, half
/// of which are rolled back.
final class ImmediateTpchTest extends DatabaseTest {
    private static final BigDecimal SCALE = new BigDecimal("0.01");

    private final Map<TpchQuery, Comparison> comparisons = new LinkedHashMap<>();
    private final Map<TpchQuery, String> contents = new HashMap<>();
    private final Set<TpchQuery> changed = new HashSet<>();

    /// Changes of the tables, within a transaction.
    @FunctionalInterface
    private interface Work {
        /// @param turn hits other rows
        void on(Connection connection, TpchChanges changes, int turn) throws SQLException;
    }

    private record Transaction(String name, Work work) {}

    private static final List<Transaction> TRANSACTIONS =
            List.of(
                    new Transaction("RF1", (_, changes, _) -> changes.insertOrders(100)),
                    new Transaction("RF2", (_, changes, _) -> changes.deleteOrders(100)),
                    new Transaction("updates", (_, changes, _) -> updates(changes)),
                    new Transaction(
                            "turmoil",
                            (connection, _, turn) ->
                                    Sql.executeAll(connection, TpchTurmoil.statements(turn))));

    private static void updates(TpchChanges changes) throws SQLException {
        changes.updateOrders(50);
        changes.updateLineitems(200);
        changes.updateCustomers(20);
        changes.updateParts(20);
        changes.updatePartsupps(40);
        changes.updateSuppliers(5);
    }

    @Test
    void everyQueryFollowsWhatIsCommittedAndWhatIsRolledBack() throws SQLException {
        try (Session session = database.session()) {
            Connection connection = session.connection();
            TpchLoader.load(connection, SCALE);
            TpchChanges changes = new TpchChanges(connection, SCALE);
            for (TpchQuery query : TpchQuery.all(SCALE)) {
                create(connection, query);
            }
            assertFresh(session, "creation");
            connection.setAutoCommit(false);
            for (Transaction transaction : TRANSACTIONS) {
                for (boolean committed : List.of(false, true)) {
                    transaction.work().on(connection, changes, committed ? 2 : 1);
                    assertFresh(session, "the last statement of " + transaction.name());
                    if (committed) {
                        connection.commit();
                    } else {
                        connection.rollback();
                        assertFresh(session, "the rollback of " + transaction.name());
                    }
                }
            }
            connection.setAutoCommit(true);
            // A query whose result stays the same tests nothing.
            assertThat(changed).containsExactlyInAnyOrderElementsOf(comparisons.keySet());
        }
    }

    private void create(Connection connection, TpchQuery query) throws SQLException {
        RefreshMode mode =
                tables.create(
                                StreamTableDefinition.of(query.name(), query.sql())
                                        .withMode(RefreshMode.IMMEDIATE))
                        .streamTable()
                        .mode();
        assertThat(mode).as(query.name()).isEqualTo(RefreshMode.IMMEDIATE);
        int columns =
                Integer.parseInt(
                        database.value(
                                "SELECT count(*) FROM pg_attribute WHERE attnum > 0 AND attname NOT LIKE '\\_\\_pgt\\_%' AND attrelid = '"
                                        + query.name()
                                        + "'::regclass"));
        List<Integer> exact = IntStream.rangeClosed(1, columns).boxed().toList();
        comparisons.put(query, Comparison.of(connection, query.name(), query.sql(), exact));
    }

    private void assertFresh(Session session, String after) throws SQLException {
        for (Map.Entry<TpchQuery, Comparison> it : comparisons.entrySet()) {
            assertThat(it.getValue().difference(session.connection()))
                    .as("%s after %s", it.getKey(), after)
                    .isEmpty();
            String content =
                    session.value(
                            "SELECT md5(string_agg(q::text, '' ORDER BY q::text)) FROM "
                                    + it.getKey().name()
                                    + " AS q");
            if (!content.equals(contents.getOrDefault(it.getKey(), content))) {
                changed.add(it.getKey());
            }
            contents.put(it.getKey(), content);
        }
    }
}
