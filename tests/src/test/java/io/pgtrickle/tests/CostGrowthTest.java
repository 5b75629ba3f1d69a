package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.tests.cost.CostCase;
import io.pgtrickle.tests.cost.CostCases;
import io.pgtrickle.tests.cost.CostTables;
import io.pgtrickle.tests.cost.RefreshCost;
import io.pgtrickle.tests.postgres.TestServer;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The same few changes cost the same number of pages whatever the size of the tables, operator by
/// operator. `-Dcost.rows=` sets how many rows the large tables have.
final class CostGrowthTest {
    private static final int LARGE = Integer.getInteger("cost.rows", 200_000);
    private static final int SMALL = LARGE / 40;

    /// Each look-up in an index of the large tables may read one more page.
    private static final int DEEPER_INDEXES = 50;

    private static CostTables small;
    private static CostTables large;

    @BeforeAll
    static void load() {
        small = CostTables.create(TestServer.shared().database(), SMALL);
        large = CostTables.create(TestServer.shared().database(), LARGE);
    }

    @AfterAll
    static void drop() {
        small.database().close();
        large.database().close();
    }

    static List<CostCase> followingTheChanges() {
        return CostCases.followingTheChanges();
    }

    static List<CostCase> followingTheSources() {
        return CostCases.followingTheSources();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("followingTheChanges")
    void theCostFollowsTheChanges(CostCase operator) throws SQLException {
        RefreshCost few = operator.measure(small);
        RefreshCost many = operator.measure(large);
        assertThat(many.pages())
                .as("%d pages before, with 40 times the rows:%n%s", few.pages(), many.plan())
                .isLessThan(2 * few.pages() + DEEPER_INDEXES);
    }

    /// Whoever makes one of these better moves it up, and takes it out of docs/SQL_SUPPORT.md.
    @ParameterizedTest(name = "{0}")
    @MethodSource("followingTheSources")
    void whatIsDocumentedToReadMoreDoes(CostCase operator) throws SQLException {
        RefreshCost few = operator.measure(small);
        RefreshCost many = operator.measure(large);
        assertThat(many.pages()).isGreaterThanOrEqualTo(2 * few.pages() + DEEPER_INDEXES);
    }
}
