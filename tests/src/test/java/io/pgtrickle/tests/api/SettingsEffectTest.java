package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.pgtrickle.runtime.api.RefreshMode;
import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.runtime.refresh.Upkeep;
import io.pgtrickle.runtime.session.JdbcSession;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/// Settings with an effect have it: on calls at once, on the service within a look.
@Timeout(120)
final class SettingsEffectTest extends ServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String REFRESH = "SELECT pgtrickle.refresh_stream_table('totals')";
    private static final String LAST =
            "SELECT action || ' ' || h.status FROM pgtrickle.pgt_refresh_history h JOIN pgtrickle.pgt_stream_tables USING (pgt_id)"
                    + " WHERE pgt_name = 'totals' ORDER BY refresh_id DESC LIMIT 1";

    @BeforeEach
    void tables() {
        session.execute(
                "CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, amount int)",
                "INSERT INTO orders (customer, amount) VALUES (1, 10), (1, 20), (2, 5)");
    }

    @AfterEach
    void reset() {
        for (String setting :
                List.of(
                        "enabled",
                        "max_consecutive_errors",
                        "default_schedule_seconds",
                        "event_driven_wake",
                        "parallel_refresh_mode")) {
            database.asSuperuser(alter(setting, "RESET", ""));
        }
    }

    private static String alter(String setting, String how, String value) {
        return "ALTER DATABASE " + database.name() + " " + how + " pg_trickle." + setting + value;
    }

    private static void set(String setting, String value) {
        database.asSuperuser(alter(setting, "SET", " = '" + value + "'"));
    }

    private void create(String schedule) {
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', 'SELECT customer, sum(100 / amount) AS total, count(*) AS n"
                        + " FROM orders GROUP BY customer', schedule => '"
                        + schedule
                        + "')");
    }

    private void await(String query, String value) {
        Instant end = Instant.now().plus(PATIENCE);
        String found;
        do {
            session.value("SELECT pg_sleep(0.05)");
            found = session.value(query);
        } while (!found.equals(value) && Instant.now().isBefore(end));
        assertThat(found).as(query).isEqualTo(value);
    }

    @Test
    void shortSchedulesCanBeForbidden() {
        session.execute("SET pg_trickle.min_schedule_seconds = 10");
        assertThatThrownBy(() -> create("5s"))
                .hasMessageContaining("invalid argument: schedule \"5s\"")
                .hasMessageContaining("pg_trickle.min_schedule_seconds is 10");
        create("10s");
        assertThatThrownBy(() ->
                        session.execute(
                                "SELECT pgtrickle.alter_stream_table('totals', schedule => '9s')"))
                .hasMessageContaining("min_schedule_seconds");
        session.execute(
                "SET pg_trickle.min_schedule_seconds = 'soon'",
                "SELECT pgtrickle.alter_stream_table('totals', tier => 'warm')");
        assertThatThrownBy(() ->
                        session.execute(
                                "SELECT pgtrickle.alter_stream_table('totals', schedule => '9s')"))
                .hasMessageContaining(
                        "invalid value for parameter \"pg_trickle.min_schedule_seconds\": \"soon\"");
    }

    @Test
    void whatIsPendingDecidesBetweenApplyingAndRecomputing() {
        create("1h");
        String insert = "INSERT INTO orders (customer, amount) VALUES (2, 1), (3, 1)";
        session.execute("BEGIN", insert, REFRESH, "COMMIT");
        assertThat(session.value(LAST)).isEqualTo("DIFFERENTIAL COMPLETED");
        for (String setting :
                List.of(
                        "refresh_strategy = 'full'",
                        "max_delta_estimate_rows = 1",
                        "max_buffer_rows = 1")) {
            session.execute(
                    "SET pg_trickle.refresh_strategy = 'auto'",
                    "SET pg_trickle." + setting,
                    "BEGIN",
                    insert,
                    REFRESH,
                    "COMMIT");
            assertThat(session.value(LAST)).as(setting).isEqualTo("FULL COMPLETED");
            session.execute(
                    "RESET pg_trickle.refresh_strategy",
                    "RESET pg_trickle." + setting.substring(0, setting.indexOf(' ')),
                    "BEGIN",
                    insert,
                    REFRESH,
                    "COMMIT");
            assertThat(session.value(LAST)).isEqualTo("DIFFERENTIAL COMPLETED");
        }
        session.execute(
                "SET pg_trickle.max_delta_estimate_rows = 2", "BEGIN", insert, REFRESH, "COMMIT");
        assertThat(session.value(LAST)).isEqualTo("DIFFERENTIAL COMPLETED");
        assertThat(session.value("SELECT sum(n) FROM totals"))
                .isEqualTo(session.value("SELECT count(*) FROM orders"));
        session.execute("SET pg_trickle.max_buffer_rows = 'many'", "BEGIN", insert);
        assertThatThrownBy(() -> session.execute(REFRESH)).hasMessageContaining("max_buffer_rows");
        session.execute("ROLLBACK", "RESET ALL");
    }

    @Test
    void statementsAndAmplificationAreLogged() {
        create("1h");
        try (Log log = new Log("io.pgtrickle.runtime.refresh")) {
            session.execute(
                    "BEGIN",
                    "INSERT INTO orders (customer, amount) VALUES (1, 1)",
                    REFRESH,
                    "COMMIT");
            assertThat(log.lines()).isEmpty();
            session.execute(
                    "SET pg_trickle.log_merge_sql = on",
                    "SET pg_trickle.delta_amplification_threshold = 0.1",
                    "BEGIN",
                    "INSERT INTO orders (customer, amount) VALUES (1, 1), (2, 1)",
                    REFRESH,
                    "COMMIT");
            assertThat(log.lines())
                    .anyMatch(it -> it.startsWith("Refreshing public.totals: "))
                    .anyMatch(it -> it.contains("2 changed rows of the sources of public.totals"));
        }
    }

    @Test
    void theDryRunIsLoggedOnce() {
        create("50ms");
        String insert = "INSERT INTO orders (customer, amount) VALUES (1, 1)";
        String equal = "SELECT (SELECT sum(n) FROM totals) = (SELECT count(*) FROM orders)";
        try (Log log = new Log("io.pgtrickle.server")) {
            set("parallel_refresh_mode", "dry_run");
            Instant end = Instant.now().plus(PATIENCE);
            while (log.lines().isEmpty() && Instant.now().isBefore(end)) {
                session.execute(insert);
                await(equal, "t");
            }
            for (int i = 0; i < 3; i++) {
                session.value("SELECT pg_sleep(1)");
                session.execute(insert);
                await(equal, "t");
            }
            assertThat(log.lines())
                    .filteredOn(it -> it.startsWith("Dry run: "))
                    .containsExactly(
                            "Dry run: 1 units in 1 waves, at most 1 at the same time",
                            "Dry run: wave 1: s:public.totals");
        }
    }

    @Test
    void theServiceCanBeSwitchedOffAndOn() {
        set("enabled", "off");
        create("50ms");
        // The setting is seen at the next look; until then it may refresh once more.
        Instant end = Instant.now().plusSeconds(20);
        String n;
        do {
            n = session.value("SELECT sum(n) FROM totals");
            session.execute("INSERT INTO orders (customer, amount) VALUES (1, 1)");
            session.value("SELECT pg_sleep(1.5)");
        } while (!session.value("SELECT sum(n) FROM totals").equals(n)
                && Instant.now().isBefore(end));
        assertThat(session.value("SELECT sum(n) FROM totals")).isEqualTo(n);
        session.execute(REFRESH, "INSERT INTO orders (customer, amount) VALUES (1, 1)");
        set("enabled", "on");
        await("SELECT (SELECT sum(n) FROM totals) = (SELECT count(*) FROM orders)", "t");
    }

    @Test
    void aStreamTableThatKeepsFailingIsSuspended() {
        set("max_consecutive_errors", "2");
        create("50ms");
        session.execute("INSERT INTO orders (customer, amount) VALUES (1, 0)");
        await("SELECT status FROM pgtrickle.pgt_stream_tables", "SUSPENDED");
        assertThat(session.value("SELECT consecutive_errors FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("2");
        // A delta that failed is not tried again: the second time the query itself failed.
        assertThat(
                        session.query(
                                "SELECT action FROM pgtrickle.pgt_refresh_history WHERE status = 'FAILED' ORDER BY refresh_id"))
                .containsExactly(List.of("DIFFERENTIAL"), List.of("REINITIALIZE"));
        session.execute(
                "UPDATE orders SET amount = 1 WHERE amount = 0",
                "SELECT pgtrickle.resume_stream_table('totals')");
        await(
                "SELECT status || (SELECT sum(n) FROM totals) FROM pgtrickle.pgt_stream_tables",
                "ACTIVE4");
    }

    @Test
    void aFailedRecomputationIsRecordedAsOne() {
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', 'SELECT sum(100 / amount) AS total FROM orders', schedule => '1h',"
                        + " refresh_mode => 'FULL')",
                "INSERT INTO orders (customer, amount) VALUES (1, 0)");
        assertThatThrownBy(() -> database.streamTables().refresh("totals"))
                .hasMessageContaining("division by zero");
        assertThat(session.value(LAST)).isEqualTo("FULL FAILED");
    }

    @Test
    void historyIsKeptAsLongAsIsSaid() throws Exception {
        create("1h");
        session.execute(
                "UPDATE pgtrickle.pgt_refresh_history SET start_time = now() - interval '100 days'");
        String count = "SELECT count(*) FROM pgtrickle.pgt_refresh_history";
        session.execute("SET pg_trickle.history_retention_days = 0");
        new Upkeep().cleanBuffers(JdbcSession.of(session.connection()));
        assertThat(session.value(count)).isEqualTo("1");
        session.execute("SET pg_trickle.history_retention_days = 101");
        new Upkeep().cleanBuffers(JdbcSession.of(session.connection()));
        assertThat(session.value(count)).isEqualTo("1");
        session.execute("RESET pg_trickle.history_retention_days");
        new Upkeep().cleanBuffers(JdbcSession.of(session.connection()));
        assertThat(session.value(count)).isEqualTo("0");
    }

    @Test
    void theDefaultScheduleIsThatOfRecomputedStreamTables() {
        set("default_schedule_seconds", "86400");
        database.streamTables()
                .create(
                        StreamTableDefinition.of("totals", "SELECT count(*) AS n FROM orders")
                                .withMode(RefreshMode.FULL));
        String refreshes = "SELECT count(*) FROM pgtrickle.pgt_refresh_history";
        Instant end = Instant.now().plusSeconds(20);
        String before;
        do {
            before = session.value(refreshes);
            session.execute("INSERT INTO orders (customer, amount) VALUES (1, 1)");
            session.value("SELECT pg_sleep(3)");
        } while (!session.value(refreshes).equals(before) && Instant.now().isBefore(end));
        assertThat(session.value(refreshes)).isEqualTo(before);
        set("default_schedule_seconds", "1");
        await("SELECT n = (SELECT count(*) FROM orders) FROM totals", "t");
    }

    @Test
    void withoutWakeUpsChangesAreFoundByLooking() {
        set("event_driven_wake", "off");
        create("50ms");
        String armed = "SELECT NOT is_called FROM pgtrickle.pgt_wake_armed";
        Instant end = Instant.now().plusSeconds(20);
        do {
            session.execute("INSERT INTO orders (customer, amount) VALUES (1, 1)");
            await("SELECT (SELECT sum(n) FROM totals) = (SELECT count(*) FROM orders)", "t");
            session.value("SELECT pg_sleep(0.5)");
        } while (session.value(armed).equals("t") && Instant.now().isBefore(end));
        assertThat(session.value(armed)).isEqualTo("f");
    }

    @Test
    void settingsSayWhatTheyDo() {
        assertThat(
                        session.query(
                                "SELECT effect, count(*) > 0 FROM pgtrickle.settings() GROUP BY effect ORDER BY effect"))
                .containsExactly(List.of("later", "t"), List.of("none", "t"), List.of("yes", "t"));
    }

    /// What is logged from INFO on.
    private static final class Log implements AutoCloseable {
        private final ListAppender<ILoggingEvent> events = new ListAppender<>();
        private final Logger logger;
        private final Level level;

        Log(String name) {
            logger = (Logger) LoggerFactory.getLogger(name);
            level = logger.getLevel();
            logger.setLevel(Level.INFO);
            events.start();
            logger.addAppender(events);
        }

        List<String> lines() {
            synchronized (events) {
                return events.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
            }
        }

        @Override
        public void close() {
            logger.detachAppender(events);
            logger.setLevel(level);
        }
    }
}
