package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.catalog.Installer;
import io.pgtrickle.runtime.catalog.Release;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.JdbcSession;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.Test;

/// A database goes from one version to the next with its stream tables.
final class UpgradeTest {
    private static final String CALL = "SELECT pgtrickle.refresh_stream_table('totals')";

    static void populate(Session session) {
        session.execute(
                "CREATE TABLE orders (id int PRIMARY KEY, customer int, amount int)",
                "INSERT INTO orders VALUES (1, 1, 10), (2, 1, 20), (3, 2, 5)",
                "SELECT pgtrickle.create_stream_table('totals', 'SELECT customer, sum(amount) AS total FROM orders"
                        + " GROUP BY customer', schedule => '1h')",
                "INSERT INTO orders VALUES (4, 2, 1)");
    }

    static void goesOn(Session session) throws Exception {
        assertThat(session.value("SELECT note FROM pgtrickle.pgt_notes"))
                .isEqualTo("upgraded totals");
        assertThat(session.value("SELECT pgtrickle.version()")).isEqualTo("0.2.0");
        assertThat(session.value("SELECT pgtrickle.pg_trickle_hash('x') IS NOT NULL"))
                .isEqualTo("t");
        assertThat(session.value("SELECT pgtrickle.migrate()")).startsWith("pg_trickle 0.2.0 is");
        assertThat(session.query("SELECT version FROM pgtrickle.pgt_schema_version ORDER BY 1"))
                .containsExactly(List.of("0.1.0"), List.of("0.1.5"), List.of("0.2.0"));
        assertThat(session.query("SELECT customer, total FROM totals ORDER BY 1"))
                .containsExactly(List.of("1", "30"), List.of("2", "5"));
        session.execute("INSERT INTO orders VALUES (5, 2, 2)");
        long id = Long.parseLong(session.value("SELECT pgt_id FROM pgtrickle.pgt_stream_tables"));
        RefreshOutcome outcome =
                new RefreshEngine().refresh(JdbcSession.of(session.connection()), id, "MANUAL");
        assertThat(outcome.action()).isEqualTo(RefreshOutcome.Action.DIFFERENTIAL);
        assertThat(session.query("SELECT customer, total FROM totals ORDER BY 1"))
                .containsExactly(List.of("1", "30"), List.of("2", "8"));
    }

    @Test
    void anInstallationIsUpgradedInPlace() throws Exception {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            populate(session);
            String rights =
                    "SELECT count(*) FROM pg_proc WHERE pronamespace = 'pgtrickle'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')";
            String before = session.value(rights);
            Installer.install(JdbcSession.of(session.connection()), Versions.NEXT);
            goesOn(session);
            assertThat(session.value(rights)).isEqualTo(before);
            assertThat(Installer.install(JdbcSession.of(session.connection()), Versions.NEXT))
                    .isEqualTo("0.2.0");
            assertThatThrownBy(() -> database.streamTables().install())
                    .isInstanceOf(PgTrickleException.class)
                    .hasMessage("pg_trickle 0.2.0 is installed in this database");
            assertThatThrownBy(() -> database.streamTables().list())
                    .hasMessage("pg_trickle 0.2.0 is installed in this database")
                    .extracting(it -> ((PgTrickleException) it).hint().orElseThrow())
                    .isEqualTo("Use the program of that version.");
        }
    }

    @Test
    void theServiceOfTheOldVersionStepsDown() throws Exception {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            populate(session);
            Installer.install(JdbcSession.of(session.connection()), Versions.NEXT);
            // It says so as long as it takes calls, and then takes none.
            assertThatThrownBy(() -> session.execute(CALL))
                    .message()
                    .containsAnyOf(
                            "pg_trickle 0.2.0 is installed in this database, and the service is of version 0.1.0",
                            "no pg_trickle service is running");
            String registered = "SELECT count(*) FROM pgtrickle.pgt_service";
            for (int i = 0; i < 200 && !session.value(registered).equals("0"); i++) {
                session.value("SELECT pg_sleep(0.1)");
            }
            assertThat(session.value(registered)).isEqualTo("0");
            assertThatThrownBy(() -> session.execute(CALL))
                    .hasMessageContaining("no pg_trickle service is running");
        }
    }

    @Test
    void aFailedStepLeavesTheOldVersion() {
        try (ApiDatabase database = ApiDatabase.create();
                Session session = database.session()) {
            populate(session);
            Release broken =
                    new Release(
                            "0.2.0",
                            Versions.NEXT.scripts(),
                            List.of(
                                    new Release.Step(
                                            "0.1.0",
                                            "0.2.0",
                                            "ALTER TABLE pgtrickle.pgt_stream_tables ADD COLUMN note text; SELECT 1 / 0;")));
            assertThatThrownBy(
                            () -> Installer.install(JdbcSession.of(session.connection()), broken))
                    .hasMessageContaining("division by zero");
            session.execute(CALL);
            assertThat(session.value("SELECT pgtrickle.migrate()"))
                    .isEqualTo("pg_trickle 0.1.0 is current");
            assertThat(
                            session.value(
                                    "SELECT count(*) FROM pg_attribute WHERE attrelid = 'pgtrickle.pgt_stream_tables'::regclass"
                                            + " AND attname = 'note'"))
                    .isEqualTo("0");
        }
    }
}
