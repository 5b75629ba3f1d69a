package io.pgtrickle.tests;

import io.pgtrickle.runtime.api.Alteration;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;

/// A graph, and its paths by two stream tables that read each other.
abstract class CycleDatabaseTest extends DatabaseTest {
    /// Paths of an odd number of edges.
    static final String ODD =
            "SELECT src, dst FROM edges UNION SELECT v.src, e.dst FROM even v JOIN edges e ON e.src = v.dst";

    /// Paths of an even number of edges, as often as their last edge has a path before it.
    static final String EVEN = "SELECT o.src, e.dst FROM odd o JOIN edges e ON e.src = o.dst";

    static final String PATHS =
            "WITH RECURSIVE p(src, dst, odd) AS (SELECT src, dst, true FROM edges"
                    + " UNION SELECT p.src, e.dst, NOT p.odd FROM p JOIN edges e ON e.src = p.dst)";
    static final String ALL_ODD = PATHS + " SELECT src, dst FROM p WHERE odd";
    static final String ALL_EVEN =
            PATHS + " SELECT p.src, e.dst FROM p JOIN edges e ON e.src = p.dst WHERE p.odd";

    @BeforeEach
    void edges() {
        database.execute(
                "ALTER DATABASE \"" + database.name() + "\" SET pg_trickle.allow_circular = on",
                "CREATE TABLE edges (src int, dst int)",
                "INSERT INTO edges VALUES (1, 2), (2, 3), (3, 1), (3, 4), (5, 6)");
    }

    final void cycle() {
        create("odd", "SELECT src, dst FROM edges");
        create("even", EVEN);
        tables.alter("odd", Alteration.none().withQuery(ODD));
    }

    final void assertPaths() {
        assertFresh("odd", ALL_ODD);
        assertFresh("even", ALL_EVEN);
    }

    static String change(Random random) {
        int a = random.nextInt(8);
        int b = random.nextInt(8);
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> "INSERT INTO edges VALUES (%d, %d)".formatted(a, b);
            case 3 ->
                    "INSERT INTO edges SELECT i, (i * 3 + %d) %% 8 FROM generate_series(0, %d) i"
                            .formatted(a, b);
            case 4 -> "DELETE FROM edges WHERE src = " + a;
            case 5 -> "DELETE FROM edges WHERE dst %% 3 = %d".formatted(b % 3);
            case 6 -> "UPDATE edges SET dst = %d WHERE src = %d".formatted(b, a);
            default -> "TRUNCATE edges";
        };
    }
}
