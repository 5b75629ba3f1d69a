package io.pgtrickle.tests.tpch;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// One of the 22 queries, with the validation parameters of the specification. Where a LIMIT cuts
/// an order that is not total, the key is added to the order, so that no result depends on ties.
///
/// @param number 1 to 22
/// @param sql the query as a user would write it, with comments
/// @param tables the tables it reads
public record TpchQuery(int number, String sql, Set<String> tables) {
    private static final BigDecimal FRACTION = new BigDecimal("0.0001");

    public TpchQuery {
        tables = Set.copyOf(tables);
    }

    /// All queries in order.
    ///
    /// @param scale the scale of the data, on which a parameter of query 11 depends
    public static List<TpchQuery> all(BigDecimal scale) {
        return IntStream.rangeClosed(1, 22).mapToObj(number -> of(number, scale)).toList();
    }

    private static TpchQuery of(int number, BigDecimal scale) {
        String fraction = FRACTION.divide(scale, MathContext.DECIMAL32).toPlainString();
        String sql =
                Resources.text("q%02d.sql".formatted(number))
                        .strip()
                        .replace("${fraction}", fraction);
        Set<String> tables =
                TpchLoader.tables().stream()
                        .filter(table -> Pattern.compile("\\b" + table + "\\b").matcher(sql).find())
                        .collect(Collectors.toUnmodifiableSet());
        return new TpchQuery(number, sql, tables);
    }

    /// `q01` to `q22`.
    public String name() {
        return "q%02d".formatted(number);
    }

    @Override
    public String toString() {
        return name();
    }
}
