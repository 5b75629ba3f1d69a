package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.outcome.RefreshOutcome;
import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.Lasting;
import io.pgtrickle.runtime.refresh.Schedulable;
import io.pgtrickle.runtime.refresh.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class NoticesTest {
    private static final Instant NOW = Instant.parse("2026-11-22T04:00:00Z");

    private final Notices notices = new Notices();

    @Test
    void theFirstGoesOutAtOnceTheNextAfterASecond() {
        notices.load(List.of(table(1, true)));
        assertThat(notices.next()).isEqualTo(Instant.MAX);
        assertThat(notices.take(NOW)).isEmpty();

        notices.completed(1, new RefreshOutcome(Action.FULL, 3, 2, 1, 9, Duration.ofMillis(12)));
        assertThat(texts(notices.take(NOW)))
                .containsExactly(
                        "{\"event\":\"refresh_completed\",\"pgt_schema\":\"public\",\"pgt_name\":\"t1\","
                                + "\"st\":\"public.t1\",\"action\":\"FULL\",\"rows_inserted\":3,"
                                + "\"rows_updated\":2,\"rows_deleted\":1,\"duration_ms\":12}");

        notices.failed(1, new Result.Failed("22012", "division by zero"));
        assertThat(notices.next()).isEqualTo(NOW.plusSeconds(1));
        assertThat(notices.take(NOW.plusMillis(999))).isEmpty();
        assertThat(texts(notices.take(NOW.plusSeconds(1))).getFirst())
                .contains("refresh_failed", "\"error\":\"division by zero\"", "22012");
        assertThat(notices.next()).isEqualTo(Instant.MAX);
    }

    @Test
    void whoWantsNoNoticesGetsNone() {
        notices.load(List.of(table(1, false)));
        notices.failed(1, new Result.Failed("22012", "division by zero"));
        notices.failed(2, new Result.Failed("22012", "division by zero"));
        assertThat(notices.next()).isEqualTo(Instant.MAX);
    }

    /// Also of stream tables that are not refreshed, and so not loaded.
    @Test
    void whatLastsIsToldAgainAfterAMinute() {
        Lasting blown =
                new Lasting(
                        7,
                        new Alert(
                                "fuse_blown_reminder",
                                new QualifiedName("public", "t7"),
                                JsonNodeFactory.instance.objectNode().put("blown_seconds", 5)));
        for (int second = 0; second < 120; second += 30) {
            notices.load(List.of());
            notices.lasting(List.of(blown), NOW.plusSeconds(second));
            assertThat(notices.take(NOW.plusSeconds(second)))
                    .as("after %s seconds", second)
                    .hasSize(second % 60 == 0 ? 1 : 0);
        }
    }

    @Test
    void thereIsALimit() {
        notices.load(List.of(table(1, true)));
        for (int i = 0; i <= Notices.MOST; i++) {
            notices.failed(1, new Result.Failed("22012", "division by zero"));
        }
        assertThat(notices.take(NOW)).hasSize(Notices.MOST);
    }

    @Test
    void whatLastsIsSaidOnceAMinute() {
        notices.load(List.of(table(1, true)));
        Strain strain = new Strain(Duration.ofMillis(900), Duration.ofSeconds(1), 2);
        for (int second = 0; second <= 60; second++) {
            notices.strained(1, strain, NOW.plusSeconds(second));
            notices.frozen(table(1, true), NOW.plusSeconds(second));
        }
        assertThat(texts(notices.take(NOW)))
                .hasSize(4)
                .anySatisfy(it ->
                        assertThat(it)
                                .endsWith(
                                        "\"elapsed_ms\":900,\"schedule_ms\":1000,\"ratio\":0.9,\"backoff_factor\":2}"))
                .anySatisfy(it -> assertThat(it).endsWith("\"frozen_seconds\":160}"));
    }

    @Test
    void oneThatWaitsLongerThanItsPeriodIsStale() {
        notices.load(List.of(table(1, true)));
        Instant since = NOW.minusSeconds(30);
        Optional<Duration> period = Optional.of(Duration.ofSeconds(30));
        notices.look(List.of(standing(NOW.minusSeconds(500), since, period)), NOW);
        assertThat(notices.next()).isEqualTo(Instant.MAX);
        notices.look(List.of(standing(NOW.minusSeconds(500), since, period)), NOW.plusSeconds(6));

        assertThat(texts(notices.take(NOW)).getFirst())
                .contains("stale_data")
                .endsWith("\"staleness_seconds\":66.0,\"schedule_seconds\":30.0,\"ratio\":2.2}");
    }

    @Test
    void withoutAPeriodItMayWaitAMinute() {
        notices.load(List.of(table(1, true)));
        Standing standing = standing(Instant.MIN, NOW, Optional.empty());
        notices.look(List.of(standing), NOW.plusSeconds(60));
        assertThat(notices.next()).isEqualTo(Instant.MAX);
        notices.look(List.of(standing), NOW.plusSeconds(61));
        assertThat(texts(notices.take(NOW)).getFirst()).endsWith("\"staleness_seconds\":61.0}");
    }

    @Test
    void oneThatRestsIsSaidToRestOnce() {
        notices.load(List.of(table(1, true)));
        Optional<Duration> period = Optional.of(Duration.ofSeconds(30));
        Standing resting = standing(NOW, Instant.MAX, period);
        notices.look(List.of(resting), NOW.plusSeconds(60));
        assertThat(notices.next()).isEqualTo(Instant.MAX);
        for (int second = 61; second < 600; second++) {
            notices.look(List.of(resting), NOW.plusSeconds(second));
        }
        assertThat(texts(notices.take(NOW)))
                .singleElement()
                .satisfies(it ->
                        assertThat(it)
                                .contains("no_upstream_changes")
                                .endsWith("\"idle_seconds\":61.0}"));
        notices.look(
                List.of(standing(NOW.plusSeconds(600), Instant.MAX, period)), NOW.plusSeconds(700));
        assertThat(notices.take(NOW.plusSeconds(700))).hasSize(1);
    }

    @Test
    void theAgendaKnowsWhoIsBehindAndWhoRests() {
        Agenda agenda = new Agenda(1);
        agenda.load(
                List.of(
                        new Entry(
                                1,
                                new Rhythm.Every(Duration.ofSeconds(30), true),
                                Entry.Trigger.CHANGES,
                                true,
                                Set.of(),
                                Optional.of(NOW))));
        agenda.plan(NOW.plusSeconds(10), Set.of(1L));
        assertThat(agenda.standings().getFirst().behindSince()).isEqualTo(Instant.MAX);
        agenda.plan(NOW.plusSeconds(40), Set.of(1L));
        agenda.finished(1, NOW.plusSeconds(41), new Result.Failed("22012", "division by zero"));
        agenda.plan(NOW.plusSeconds(41), Set.of());
        agenda.plan(NOW.plusSeconds(50), Set.of());
        assertThat(agenda.standings().getFirst().behindSince()).isEqualTo(NOW.plusSeconds(40));
        agenda.finished(1, NOW.plusSeconds(51), new Result.Refreshed());
        assertThat(agenda.standings())
                .containsExactly(
                        new Standing(
                                List.of(1L),
                                NOW.plusSeconds(50),
                                Instant.MAX,
                                Optional.of(Duration.ofSeconds(30)),
                                true));
    }

    private static Standing standing(
            Instant lastData, Instant behindSince, Optional<Duration> period) {
        return new Standing(List.of(1L), lastData, behindSince, period, true);
    }

    private static List<String> texts(List<Alert> alerts) {
        return alerts.stream().map(Alert::payload).toList();
    }

    private static Schedulable table(long id, boolean alerts) {
        return new Schedulable(
                id,
                new QualifiedName("public", "t" + id),
                "30s",
                false,
                true,
                Set.of(),
                Optional.of(NOW.minusSeconds(100)),
                Tier.HOT,
                false,
                alerts);
    }
}
