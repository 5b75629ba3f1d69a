package io.pgtrickle.bench;

import io.pgtrickle.tests.tpch.TpchChanges;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.sql.Connection;
import java.sql.SQLException;

/// Changes of 0.1 % of the rows of the six large tables of TPC-H. Of `orders` and `lineitem` a
/// third is new (RF1), a third deleted (RF2) and a third updated; of the others all are updated.
final class TpchMix {
    static final String DESCRIPTION =
            """
            0.1 % of the rows of `orders`, `lineitem`, `customer`, `part`, `partsupp` and `supplier` change: of the
            first two a third is inserted (RF1), a third deleted (RF2) and a third updated (prices, quantities,
            discounts, dates, states, priorities, ways of shipping); customers get other balances, some another
            segment or nation; parts another size and container, some another brand, type or name; partsupps other
            quantities and costs; suppliers other balances and addresses, some another nation or a complaint.\
            """;

    private final TpchChanges changes;
    private final BigDecimal scale;

    TpchMix(Connection connection, BigDecimal scale) throws SQLException {
        this.changes = new TpchChanges(connection, scale);
        this.scale = scale;
    }

    /// @param perScale how many at scale 1
    private int count(int perScale) {
        return scale.multiply(BigDecimal.valueOf(perScale))
                .setScale(0, RoundingMode.UP)
                .intValueExact();
    }

    /// Changes other rows each time; each change is committed on its own.
    void apply() throws SQLException {
        changes.insertOrders(count(500));
        changes.deleteOrders(count(500));
        changes.updateOrders(count(500));
        changes.updateLineitems(count(2_000));
        changes.updateCustomers(count(150));
        changes.updateParts(count(200));
        changes.updatePartsupps(count(800));
        changes.updateSuppliers(count(10));
    }
}
