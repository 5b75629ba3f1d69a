package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/// `pgtrickle.settings()` and `pgtrickle.setting(name)`.
final class SettingsTest extends DatabaseTest {

    private static ServerErrorMessage error(Session session, String sql) {
        Throwable thrown = catchThrowable(() -> session.query(sql));
        assertThat(thrown).as(sql).isNotNull().hasCauseInstanceOf(PSQLException.class);
        PSQLException cause = (PSQLException) Objects.requireNonNull(thrown.getCause());
        return Objects.requireNonNull(cause.getServerErrorMessage());
    }

    @Test
    void everyDefaultIsAValidValueOfItsSetting() {
        assertThat(
                        database.query(
                                "SELECT d.name, c.error FROM pgtrickle.setting_definitions() d,"
                                        + " pgtrickle.check_setting(d.name, d.default_value) c"
                                        + " WHERE c.error IS NOT NULL OR c.value::text <> CASE WHEN d.type = 'float'"
                                        + " THEN trim_scale(d.default_value::numeric)::text ELSE d.default_value END"))
                .isEmpty();
        database.weighingCosts();
        assertThat(
                        database.value(
                                "SELECT count(*) = count(DISTINCT name) AND count(*) = 64 AND bool_and(valid)"
                                        + " AND bool_and(source = 'default') AND bool_and(error IS NULL)"
                                        + " FROM pgtrickle.settings()"))
                .isEqualTo("t");
        assertThat(
                        database.value(
                                "SELECT count(*) FROM pgtrickle.setting_definitions() WHERE name = '' OR description = ''"
                                        + " OR type IN ('int', 'float') AND (min_value IS NULL OR max_value IS NULL)"
                                        + " OR type = 'enum' AND allowed_values IS NULL OR effect NOT IN ('yes', 'later', 'none')"))
                .isEqualTo("0");
    }

    @ParameterizedTest
    @CsvSource({
        "enabled, OFF, false",
        "enabled, 1, true",
        "enabled, y, true",
        "scheduler_interval_ms, 250, 250",
        "scheduler_interval_ms, 2s, 2000",
        "wal_transition_timeout, 5min, 300",
        "slot_lag_warning_threshold_mb, 2GB, 2048",
        "differential_max_change_ratio, 0.50, 0.5",
        "cdc_mode, TRIGGER, trigger",
        "user_triggers, on, auto",
        "history_retention_days, 0, 0"
    })
    void aValueIsReadInTheFormOfTheDefaults(String name, String text, String value) {
        try (Session session = database.session()) {
            session.execute("SET pg_trickle." + name + " = '" + text + "'");
            assertThat(session.value("SELECT pgtrickle.setting('" + name + "')")).isEqualTo(value);
            assertThat(session.value("SELECT pgtrickle.setting('PG_TRICKLE." + name + "')"))
                    .isEqualTo(value);
            assertThat(
                            session.query(
                                    "SELECT value, source, valid, error FROM pgtrickle.settings()"
                                            + " WHERE name = 'pg_trickle."
                                            + name
                                            + "'"))
                    .isEqualTo(List.of(List.of(value, "session", "t", "null")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "enabled, perhaps, Use true or false.",
        "enabled, o, Use true or false.",
        "max_consecutive_errors, 0, Use a whole number from 1 to 100.",
        "max_consecutive_errors, 3.5, Use a whole number from 1 to 100.",
        "max_consecutive_errors, three, Use a whole number from 1 to 100.",
        "max_consecutive_errors, 3s, Use a whole number from 1 to 100.",
        "wal_transition_timeout, 2h, 'Use a whole number from 10 to 3600, in s.'",
        "wal_transition_timeout, 64MB, 'Use a whole number from 10 to 3600, in s.'",
        "differential_max_change_ratio, 1.01, Use a number from 0 to 1.",
        "differential_max_change_ratio, NaN, Use a number from 0 to 1.",
        "cdc_mode, walx, 'Use auto, trigger, wal.'",
        "cdc_mode, 'trigger''; --', 'Use auto, trigger, wal.'"
    })
    void aBadValueIsNamedWithWhatIsAllowed(String name, String text, String hint) {
        try (Session session = database.session()) {
            session.execute(
                    "SET pg_trickle." + name + " = '" + text.replace("'", "''") + "'",
                    "SET search_path = public");
            ServerErrorMessage error = error(session, "SELECT pgtrickle.setting('" + name + "')");
            assertThat(error.getSQLState()).isEqualTo("22023");
            assertThat(error.getMessage()).contains("pg_trickle." + name, "\"" + text + "\"");
            assertThat(error.getDetail()).contains("session");
            assertThat(error.getHint()).isEqualTo(hint);
            List<String> row =
                    session.query(
                                    "SELECT value, valid, error FROM pgtrickle.settings()"
                                            + " WHERE name = 'pg_trickle."
                                            + name
                                            + "'")
                            .getFirst();
            assertThat(row.subList(0, 2)).isEqualTo(List.of(text, "f"));
            assertThat(row.get(2)).endsWith(hint);
            assertThat(session.value("SELECT pgtrickle.setting_or_default('" + name + "')"))
                    .isEqualTo(
                            session.value(
                                    "SELECT default_value FROM pgtrickle.settings()"
                                            + " WHERE name = 'pg_trickle."
                                            + name
                                            + "'"));
        }
    }

    @Test
    void theSourceOfAValueIsTheStrongestPlaceThatHasIt() {
        String role = "settings_" + database.name();
        String source =
                "SELECT value || ' ' || source FROM pgtrickle.settings() WHERE name = 'pg_trickle.cdc_mode'";
        String ours = "ALTER DATABASE " + database.name() + " SET pg_trickle.cdc_mode = 'wal'";
        database.execute("CREATE ROLE " + role + " LOGIN", ours);
        try {
            assertThat(database.value(source)).isEqualTo("wal database");
            String user = database.value("SELECT session_user");
            database.execute(
                    "ALTER ROLE "
                            + user
                            + " IN DATABASE "
                            + database.name()
                            + " SET pg_trickle.cdc_mode = 'trigger'");
            try (Session session = database.session()) {
                assertThat(session.value(source)).isEqualTo("trigger role");
                session.execute("SET pg_trickle.cdc_mode = 'auto'");
                assertThat(session.value(source)).isEqualTo("auto session");
                session.execute("BEGIN", "SET LOCAL pg_trickle.cdc_mode = 'wal'");
                assertThat(session.value(source)).isEqualTo("wal session");
                session.execute("COMMIT");
                assertThat(session.value(source)).isEqualTo("auto session");
                session.execute("RESET pg_trickle.cdc_mode");
                assertThat(session.value(source)).isEqualTo("trigger role");
                // What is stored now is not what the session began with.
                database.execute(
                        "ALTER ROLE "
                                + user
                                + " IN DATABASE "
                                + database.name()
                                + " RESET pg_trickle.cdc_mode");
                assertThat(session.value(source)).isEqualTo("trigger connection");
            }
        } finally {
            database.execute("DROP ROLE " + role);
        }
    }

    @Test
    void aSettingThatIsReadTwiceInATransactionStays() {
        try (Session session = database.session()) {
            session.execute("BEGIN", "SET LOCAL pg_trickle.fuse_default_ceiling = 7");
            session.query("SELECT * FROM pgtrickle.settings()");
            assertThat(session.value("SELECT pgtrickle.setting('fuse_default_ceiling')"))
                    .isEqualTo("7");
            session.execute("COMMIT");
            assertThat(session.value("SELECT pgtrickle.setting('fuse_default_ceiling')"))
                    .isEqualTo("0");
        }
    }

    @Test
    void anUnknownNameIsAnErrorAndShownWhereItIsStored() {
        database.execute(
                "ALTER DATABASE " + database.name() + " SET pg_trickle.scheduler_intervall = '5'");
        try (Session session = database.session()) {
            ServerErrorMessage error =
                    error(session, "SELECT pgtrickle.setting('scheduler_intervall')");
            assertThat(error.getSQLState()).isEqualTo("42704");
            assertThat(error.getHint()).contains("settings()");
            assertThat(
                            session.query(
                                    "SELECT name, value, source, valid FROM pgtrickle.settings() WHERE NOT valid"))
                    .isEqualTo(
                            List.of(
                                    List.of(
                                            "pg_trickle.scheduler_intervall",
                                            "5",
                                            "database",
                                            "f")));
            assertThat(
                            session.value(
                                    "SELECT severity || ' ' || detail FROM pgtrickle.health_check()"
                                            + " WHERE check_name = 'settings'"))
                    .isEqualTo("WARN 1 invalid settings: pg_trickle.scheduler_intervall = 5");
        }
    }
}
