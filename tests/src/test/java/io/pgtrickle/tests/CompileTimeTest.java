package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.compiler.Compiler;
import io.pgtrickle.runtime.introspect.Introspector;
import io.pgtrickle.runtime.jdbc.Sql;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.tpch.TpchLoader;
import io.pgtrickle.tests.tpch.TpchQuery;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// How long compiling takes, with everything that PostgreSQL is asked.
final class CompileTimeTest extends DatabaseTest {
    private static final BigDecimal SCALE = new BigDecimal("0.01");
    private static final Duration BOUND = Duration.ofMillis(300);

    /// The first compilations teach the parser the grammar and the JVM the code; of the others the
    /// fastest counts, so that the test is about the work and not about who else uses the machine.
    private static final int COMPILATIONS = 6;

    @Test
    void everyQueryOfTpchCompilesSoon() throws SQLException {
        Map<String, Duration> fastest = new LinkedHashMap<>();
        try (Session session = database.session()) {
            TpchLoader.load(session.connection(), SCALE);
            for (int i = 0; i < COMPILATIONS; i++) {
                for (TpchQuery query : TpchQuery.all(SCALE)) {
                    fastest.merge(
                            query.name(),
                            compile(session.connection(), query.sql()),
                            (one, other) -> one.compareTo(other) < 0 ? one : other);
                }
            }
        }
        assertThat(fastest).hasSize(22);
        assertThat(fastest).allSatisfy((_, time) -> assertThat(time).isLessThan(BOUND));
    }

    private static Duration compile(Connection connection, String query) throws SQLException {
        return Sql.inTransaction(
                connection,
                Sql.Isolation.READ_COMMITTED,
                it -> {
                    var session = JdbcSession.of(it);
                    String canonical = Introspector.canonicalText(session, query);
                    long startedAt = System.nanoTime();
                    Compiler.Result result = Introspector.introspect(session, canonical).result();
                    Duration time = Duration.ofNanos(System.nanoTime() - startedAt);
                    assertThat(result).isInstanceOf(Compiler.Result.Differential.class);
                    return time;
                });
    }
}
