package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.tpch.TpchChanges;
import io.pgtrickle.tests.tpch.TpchLoader;
import io.pgtrickle.tests.tpch.TpchQuery;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// The 22 queries of TPC-H, all maintained differentially while all eight tables change.
final class TpchTest extends DatabaseTest {
    private static final BigDecimal SCALE = new BigDecimal("0.01");
    private static final Set<String> ALL = Set.copyOf(TpchLoader.tables());
    private static final Set<String> ORDERS = Set.of("orders", "lineitem");

    private final List<TpchQuery> queries = TpchQuery.all(SCALE);
    private final Set<TpchQuery> created = new HashSet<>();
    private final Map<TpchQuery, Integer> changed = new HashMap<>();
    private final Connection connection = database.session().connection();

    @AfterEach
    void disconnect() throws SQLException {
        connection.close();
    }

    /// Changes of the tables, on a connection in autocommit mode.
    @FunctionalInterface
    private interface Work {
        void on(Connection connection, TpchChanges changes) throws SQLException;
    }

    /// @param tables the tables it leaves different
    private record Round(String name, Set<String> tables, Work work) {}

    private static List<Round> rounds() {
        List<Round> rounds = new ArrayList<>();
        rounds.add(new Round("RF1", ORDERS, (_, changes) -> changes.insertOrders(150)));
        rounds.add(new Round("RF2", ORDERS, (_, changes) -> changes.deleteOrders(150)));
        rounds.add(
                new Round(
                        "updates",
                        Set.of("orders", "lineitem", "customer", "part", "partsupp", "supplier"),
                        (_, changes) -> updates(changes)));
        for (int round = 1; round <= 3; round++) {
            int number = round;
            rounds.add(
                    new Round(
                            "turmoil " + round,
                            ALL,
                            (connection, _) -> turmoil(connection, number)));
        }
        rounds.add(new Round("rollback", Set.of(), TpchTest::rolledBack));
        rounds.add(new Round("everything", ALL, TpchTest::everything));
        return rounds;
    }

    private static void updates(TpchChanges changes) throws SQLException {
        changes.updateOrders(150);
        changes.updateLineitems(600);
        changes.updateCustomers(50);
        changes.updateParts(50);
        changes.updatePartsupps(100);
        changes.updateSuppliers(10);
    }

    private static int turmoil(Connection connection, int round) throws SQLException {
        List<String> statements = TpchTurmoil.statements(round);
        return Sql.inTransaction(
                connection,
                Sql.Isolation.READ_COMMITTED,
                it -> {
                    Sql.executeAll(it, statements);
                    return statements.size();
                });
    }

    private static void rolledBack(Connection connection, TpchChanges changes) throws SQLException {
        connection.setAutoCommit(false);
        try {
            changes.insertOrders(100);
            changes.deleteOrders(100);
            updates(changes);
            Sql.executeAll(connection, TpchTurmoil.statements(4));
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }

    private static void everything(Connection connection, TpchChanges changes) throws SQLException {
        changes.insertOrders(100);
        turmoil(connection, 5);
        changes.deleteOrders(200);
        updates(changes);
    }

    @TestFactory
    Stream<DynamicContainer> everyQueryIsMaintainedDifferentially() throws SQLException {
        TpchLoader.load(connection, SCALE);
        TpchChanges changes = new TpchChanges(connection, SCALE);
        Stream<DynamicTest> creations =
                queries.stream().map(query -> dynamicTest(query.name(), () -> create(query)));
        Stream<DynamicTest> effects =
                queries.stream().map(query -> dynamicTest(query.name(), () -> effect(query)));
        return Stream.of(
                        Stream.of(dynamicContainer("creation", creations)),
                        rounds().stream().map(round -> container(round, changes)),
                        Stream.of(dynamicContainer("effect", effects)))
                .flatMap(it -> it);
    }

    private DynamicContainer container(Round round, TpchChanges changes) {
        DynamicTest change = dynamicTest("change", () -> round.work().on(connection, changes));
        Stream<DynamicTest> refreshes =
                queries.stream()
                        .map(query -> dynamicTest(query.name(), () -> refresh(query, round)));
        return dynamicContainer(round.name(), Stream.concat(Stream.of(change), refreshes));
    }

    private void create(TpchQuery query) {
        assertThat(create(query.name(), query.sql()).mode()).isEqualTo(RefreshMode.DIFFERENTIAL);
        created.add(query);
        assertFresh(query);
    }

    private void refresh(TpchQuery query, Round round) {
        assumeThat(created).contains(query);
        boolean pending = !Collections.disjoint(query.tables(), round.tables());
        RefreshOutcome outcome = tables.refresh(query.name());
        assertThat(outcome.action())
                .as("the refresh of %s after %s", query, round.name())
                .isEqualTo(pending ? Action.DIFFERENTIAL : Action.NO_DATA);
        if (outcome.rowsInserted() + outcome.rowsUpdated() + outcome.rowsDeleted() > 0) {
            changed.merge(query, 1, Integer::sum);
        }
        assertFresh(query);
    }

    /// A query whose result stays the same tests nothing.
    private void effect(TpchQuery query) {
        assumeThat(created).contains(query);
        assertThat(changed.getOrDefault(query, 0))
                .as("rounds in which the result of %s changed", query)
                .isGreaterThanOrEqualTo(3);
    }

    /// Compares images, so that a numeric with other digits is a difference.
    private void assertFresh(TpchQuery query) {
        String columns =
                database.value(
                        "SELECT count(*) FROM pg_attribute WHERE attnum > 0 AND attname NOT LIKE '\\_\\_pgt\\_%' AND attrelid = '"
                                + query.name()
                                + "'::regclass");
        List<Integer> all = IntStream.rangeClosed(1, Integer.parseInt(columns)).boxed().toList();
        assertFresh(query.name(), query.sql(), all);
    }
}
