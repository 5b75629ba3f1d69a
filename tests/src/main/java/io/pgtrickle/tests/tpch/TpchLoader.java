package io.pgtrickle.tests.tpch;

import io.pgtrickle.runtime.jdbc.Sql;
import io.trino.tpch.CustomerGenerator;
import io.trino.tpch.Distributions;
import io.trino.tpch.LineItemGenerator;
import io.trino.tpch.NationGenerator;
import io.trino.tpch.OrderGenerator;
import io.trino.tpch.PartGenerator;
import io.trino.tpch.PartSupplierGenerator;
import io.trino.tpch.RegionGenerator;
import io.trino.tpch.SupplierGenerator;
import io.trino.tpch.TextPool;
import io.trino.tpch.TpchEntity;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Supplier;
import org.postgresql.PGConnection;
import org.postgresql.copy.PGCopyOutputStream;

/// Creates the eight tables, with the keys of the specification and an index for each foreign key,
/// and fills them with the data of dbgen.
public final class TpchLoader {
    /// From this scale on comments come from dbgen's own text, 300 MB that take seconds to make.
    private static final BigDecimal OFFICIAL_TEXT = BigDecimal.ONE;

    private static final int SMALL_TEXT = 10 * 1024 * 1024;
    private static final int BUFFER = 1 << 16;

    private TpchLoader() {}

    private record Table(String name, Iterable<? extends TpchEntity> rows) {}

    /// The names of the tables, referenced ones before those that refer to them.
    public static List<String> tables() {
        return List.of(
                "region",
                "nation",
                "supplier",
                "customer",
                "part",
                "partsupp",
                "orders",
                "lineitem");
    }

    /// Creates, fills and analyses the tables in the current schema.
    ///
    /// @param scale 1 for the specification's six million rows of `lineitem`
    public static void load(Connection connection, BigDecimal scale) throws SQLException {
        Sql.execute(connection, Resources.text("schema.sql"));
        for (Table table : data(scale)) {
            copy(connection, table);
        }
        Sql.execute(connection, Resources.text("constraints.sql"));
        Sql.execute(connection, "VACUUM (ANALYZE) " + String.join(", ", tables()));
    }

    private static List<Table> data(BigDecimal exact) {
        double scale = exact.doubleValue();
        Distributions words = Distributions.getDefaultDistributions();
        Supplier<TextPool> text;
        if (exact.compareTo(OFFICIAL_TEXT) >= 0) {
            text = TextPool.getDefaultTextPool();
        } else {
            TextPool small = new TextPool(SMALL_TEXT, words);
            text = () -> small;
        }
        return List.of(
                new Table("region", new RegionGenerator(words, text)),
                new Table("nation", new NationGenerator(words, text)),
                new Table("supplier", new SupplierGenerator(scale, 1, 1, words, text)),
                new Table("customer", new CustomerGenerator(scale, 1, 1, words, text)),
                new Table("part", new PartGenerator(scale, 1, 1, words, text)),
                new Table("partsupp", new PartSupplierGenerator(scale, 1, 1, text)),
                new Table("orders", new OrderGenerator(scale, 1, 1, words, text)),
                new Table("lineitem", new LineItemGenerator(scale, 1, 1, words, text)));
    }

    private static void copy(Connection connection, Table table) throws SQLException {
        String sql = "COPY " + table.name() + " FROM STDIN (DELIMITER '|')";
        try (OutputStream out =
                new BufferedOutputStream(
                        new PGCopyOutputStream(connection.unwrap(PGConnection.class), sql),
                        BUFFER)) {
            for (TpchEntity row : table.rows()) {
                // A line ends with a delimiter, which COPY would take for one more column.
                String line = row.toLine();
                out.write(line.substring(0, line.length() - 1).getBytes(StandardCharsets.UTF_8));
                out.write('\n');
            }
        } catch (IOException e) {
            throw new SQLException("cannot load " + table.name(), "58030", e);
        }
    }
}
