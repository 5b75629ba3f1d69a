package io.pgtrickle.cli.dev;

import io.pgtrickle.runtime.api.StreamTables;
import java.io.PrintWriter;
import java.sql.SQLException;
import javax.sql.DataSource;

/// The demo: a shop, customers who keep it busy, and a report on how its stream tables keep up.
///
/// @param load the writers
/// @param report the report
record Demo(ShopLoad load, DemoReport report) implements AutoCloseable {

    /// Makes what the shop lacks and starts the writers and the report.
    static Demo start(DataSource source, StreamTables tables, PrintWriter out) {
        try {
            Shop.open(source, tables);
        } catch (SQLException e) {
            throw new IllegalStateException("Cannot create the demo shop", e);
        }
        return new Demo(ShopLoad.start(source), DemoReport.start(source, tables, out));
    }

    @Override
    public void close() {
        report.close();
        load.close();
    }
}
