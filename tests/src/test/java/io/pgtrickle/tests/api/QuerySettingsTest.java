package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A query means what it meant to whoever wrote it, in whatever session it is refreshed. The
/// service has a time zone of its own, that of its process.
@Timeout(120)
final class QuerySettingsTest extends ServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    private static final String EAST = "Pacific/Kiritimati";
    private static final String WEST = "Pacific/Niue";
    private static final String DAILY =
            "SELECT moment::date AS day, count(*) AS n, min(to_char(moment, 'HH24:MI')) AS earliest FROM event GROUP BY 1";

    private static final String DAYS = "day, n, earliest";

    private int events;

    @BeforeEach
    void table() {
        session.execute("CREATE TABLE event (id int PRIMARY KEY, moment timestamptz)");
        more();
    }

    /// Each hour of the day, so that the days of no two of the zones are the same.
    private void more() {
        session.execute(
                "INSERT INTO event (id, moment) SELECT i, '2024-01-01 00:00+00'::timestamptz + i * interval '61 minutes'"
                        + " FROM generate_series("
                        + (events + 1)
                        + ", "
                        + (events + 30)
                        + ") AS i",
                "DELETE FROM event WHERE id = " + (events + 7));
        events += 30;
    }

    private void zone(String zone) {
        session.execute("SET TimeZone = '" + zone + "'");
    }

    private void create(String name, String query, String more) {
        session.execute(
                "SELECT pgtrickle.create_stream_table('"
                        + name
                        + "', $$"
                        + query
                        + "$$"
                        + more
                        + ")");
    }

    private boolean isEqual(String name, String columns, String query) {
        String rows = "(SELECT array_agg(r::text ORDER BY r::text) FROM (%s) AS r)";
        return session.value(
                        "SELECT "
                                + rows.formatted("SELECT " + columns + " FROM " + name)
                                + " = "
                                + rows.formatted(query))
                .equals("t");
    }

    private void awaitEqual(String name, String columns, String query) {
        Instant end = Instant.now().plus(PATIENCE);
        while (!isEqual(name, columns, query) && Instant.now().isBefore(end)) {
            session.value("SELECT pg_sleep(0.05)");
        }
        assertThat(isEqual(name, columns, query)).as(name).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"DIFFERENTIAL", "FULL"})
    void callsAndServicesRefreshInTheTimeZoneOfTheCreator(String mode) {
        zone(EAST);
        create("daily", DAILY, ", schedule => '100ms', refresh_mode => '" + mode + "'");
        for (int i = 0; i < 3; i++) {
            zone(WEST);
            more();
            session.execute("BEGIN", "SELECT pgtrickle.refresh_stream_table('daily')");
            assertThat(session.value("SHOW TimeZone")).isEqualTo(WEST);
            session.execute("COMMIT");
            zone(EAST);
            assertThat(isEqual("daily", DAYS, DAILY)).isTrue();
            more();
            awaitEqual("daily", DAYS, DAILY);
        }
        assertThat(session.value("SELECT status FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("ACTIVE");
    }

    @Test
    void whatFollowsWritersIsRecomputedInTheirSense() {
        zone(EAST);
        create("daily", DAILY, ", refresh_mode => 'IMMEDIATE'");
        zone(WEST);
        more();
        session.execute("SELECT pgtrickle.refresh_stream_table('daily')");
        more();
        zone(EAST);
        assertThat(isEqual("daily", DAYS, DAILY)).isTrue();
    }

    @Test
    void anotherQueryIsMeantByWhoeverWritesThat() {
        zone(EAST);
        create("daily", DAILY, ", schedule => '1h'");
        zone(WEST);
        session.execute("SELECT pgtrickle.alter_stream_table('daily', refresh_mode => 'FULL')");
        session.execute(
                "SELECT pgtrickle.alter_stream_table('daily', refresh_mode => 'DIFFERENTIAL')");
        zone(EAST);
        assertThat(isEqual("daily", DAYS, DAILY)).isTrue();
        zone(WEST);
        String other = DAILY + " HAVING count(*) > 1";
        session.execute("SELECT pgtrickle.alter_stream_table('daily', query => $$" + other + "$$)");
        more();
        zone(EAST);
        session.execute("SELECT pgtrickle.refresh_stream_table('daily')");
        zone(WEST);
        assertThat(isEqual("daily", DAYS, other)).isTrue();
    }

    @Test
    void thoseThatAreRefreshedTogetherHaveEachTheirOwn() {
        zone(EAST);
        create("east", DAILY, ", schedule => '100ms'");
        zone(WEST);
        create("west", DAILY, ", schedule => '100ms'");
        String both = "SELECT e.day, e.n AS east, w.n AS west FROM east e JOIN west w USING (day)";
        create("both_of_them", both, ", schedule => '100ms'");
        assertThat(session.value("SELECT count(*) FROM pgtrickle.diamond_groups()"))
                .isNotEqualTo("0");
        for (int i = 0; i < 3; i++) {
            more();
            zone(EAST);
            awaitEqual("east", DAYS, DAILY);
            zone(WEST);
            awaitEqual("west", DAYS, DAILY);
            awaitEqual("both_of_them", "day, east, west", both);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '"',
            textBlock =
                    """
                    default_text_search_config; pg_catalog.english; pg_catalog.simple; to_tsvector('the dogs ' || id)
                    DateStyle; ISO, DMY; ISO, MDY; ('02/03/' || 2000 + id)::date
                    DateStyle; ISO, YMD; ISO, DMY; ('10/02/' || 10 + id % 9)::date
                    """)
    void textsMeanWhatTheyMeanToTheCreator(
            String setting, String creators, String others, String expression) {
        String query = "SELECT id, " + expression + " AS value FROM event";
        for (String mode : List.of("DIFFERENTIAL", "IMMEDIATE")) {
            String name = mode.toLowerCase(Locale.ROOT);
            session.execute("SET " + setting + " = '" + creators + "'");
            create(name, query, ", schedule => '1h', refresh_mode => '" + mode + "'");
            session.execute("SET " + setting + " = '" + others + "'");
            more();
            session.execute("SELECT pgtrickle.refresh_stream_table('" + name + "')");
            more();
            session.execute("BEGIN", "SELECT pgtrickle.refresh_stream_table('" + name + "')");
            assertThat(session.value("SHOW " + setting)).isEqualTo(others);
            session.execute("COMMIT");
            assertThat(isEqual(name, "id, value", query)).isFalse();
            session.execute("SET " + setting + " = '" + creators + "'");
            assertThat(isEqual(name, "id, value", query)).isTrue();
        }
    }
}
