package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

@Timeout(60)
class SchedulerTest {
    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration SOON = Duration.ofMillis(20);

    private final FakeDatabase database = new FakeDatabase();
    private CompletableFuture<Void> running = CompletableFuture.completedFuture(null);
    private Runnable stop = () -> {};

    @AfterEach
    void end() {
        stop.run();
        running.exceptionally(_ -> null).join();
    }

    @Test
    void commitWakesWithoutPolling() throws InterruptedException {
        database.add(1, "");
        start(NEVER);
        database.awaitLine("look");

        database.commit(1);

        database.awaitLine("end 1");
        assertThat(database.log())
                .containsSubsequence("load", "look", "wake", "look", "start 1", "end 1");
    }

    /// What is new may have to be refreshed together with what is old.
    @Test
    void aGraphThatHasChangedIsReadBeforeAnythingIsRefreshed() throws InterruptedException {
        database.add(1, "");
        start(NEVER);
        database.awaitLine("look");

        database.changeGraph();
        database.commit(1);

        database.awaitLine("end 1");
        assertThat(database.log())
                .containsSubsequence("load", "look", "wake", "load", "look", "start 1", "end 1");
    }

    @Test
    void oneThatIsNewIsMetWithoutPolling() throws InterruptedException {
        Instant always = Instant.now();
        Scheduler scheduler = start(() -> always, NEVER);
        database.awaitLine("load");

        database.add(1, "");
        database.changeGraph();
        scheduler.alter();

        database.awaitLine("look");
        database.commit(1);
        database.awaitLine("end 1");
    }

    @Test
    void withoutAWakeUpThePollFindsChanges() throws InterruptedException {
        database.onWake(() -> {});
        database.add(1, "");
        startDeaf(Instant::now, SOON);
        database.awaitLine("look");

        database.commit(1);

        database.awaitLine("end 1");
    }

    @Test
    void readersFollowTheirUpstreamWithoutPolling() throws InterruptedException {
        database.add(1, "");
        database.add(2, "", 1L);
        database.add(3, "", 2L);
        start(NEVER);
        database.awaitLine("look");

        database.commit(1);

        database.awaitLine("end 3");
        assertThat(database.log())
                .containsSubsequence("start 1", "end 1", "start 2", "end 2", "start 3", "end 3");
    }

    @Test
    void independentOnesRunAtTheSameTime() throws InterruptedException {
        database.add(1, "");
        database.add(2, "");
        database.hold(1);
        database.hold(2);
        database.commit(1);
        database.commit(2);
        start(NEVER);

        database.awaitLine("start 1");
        database.awaitLine("start 2");
        assertThat(database.log()).doesNotContain("end 1", "end 2");
        database.letGo(1);
        database.letGo(2);
        database.awaitLine("end 1");
        database.awaitLine("end 2");
    }

    @Test
    void waitsUntilDueAndIsWokenAtMostOnceBefore() throws InterruptedException {
        database.add(1, "300ms");
        database.commit(1);
        Instant first = Instant.now();
        start(NEVER);
        database.awaitLine("end 1");

        database.commit(1);
        database.commit(1);
        database.commit(1);

        database.await(() -> database.count("end 1") == 2);
        assertThat(Duration.between(first, Instant.now()))
                .isGreaterThanOrEqualTo(Duration.ofMillis(300));
        assertThat(database.count("wake")).isLessThanOrEqualTo(1);
    }

    @Test
    void failureIsRetriedAndTheOthersGoOn() throws InterruptedException {
        database.add(1, "");
        database.add(2, "");
        database.fail(1, new SQLException("division by zero", "22012"));
        database.commit(1);
        database.commit(2);
        start(NEVER);

        database.awaitLine("fail 1");
        database.awaitLine("end 2");
        database.awaitLine("end 1");
    }

    @Test
    void newOneIsFoundByItsChangesAndADroppedOneIsForgotten() throws InterruptedException {
        database.add(1, "");
        start(NEVER);
        database.awaitLine("look");
        database.add(2, "not a schedule");
        database.commit(2);
        database.awaitLine("end 2");

        database.fail(1, new SQLException("no such stream table", "42P01"));
        database.hold(1);
        database.commit(1);
        database.awaitLine("start 1");
        database.drop(1);
        database.letGo(1);

        database.awaitLine("forget 1");
    }

    @Test
    void unknownPendingIdsDoNotReloadTheCatalogEachTime() throws InterruptedException {
        database.add(1, "");
        database.commit(99);
        start(NEVER);
        database.awaitLine("look");
        for (int round = 1; round <= 5; round++) {
            int expected = round;
            database.commit(1);
            database.await(() -> database.count("end 1") == expected);
        }

        assertThat(database.count("load")).isEqualTo(2);
    }

    @Test
    void unreadableCatalogIsTriedAgain() throws InterruptedException {
        database.add(1, "");
        database.makeUnreadable(3);
        database.commit(1);
        start(SOON);

        database.awaitLine("end 1");
        assertThat(database.count("unreadable")).isEqualTo(3);
    }

    @Test
    void cleansWhileRefreshesConsumeChanges() throws InterruptedException {
        database.add(1, "");
        database.commit(1);
        start(NEVER);

        database.awaitLine("clean");
        assertThat(database.log()).containsSubsequence("end 1", "clean");
    }

    @Test
    void stopWaitsForWhatRuns() throws InterruptedException {
        database.add(1, "");
        database.hold(1);
        database.commit(1);
        start(NEVER);
        database.awaitLine("start 1");

        stop.run();
        assertThat(running).isNotDone();
        database.letGo(1);

        assertThat(running).succeedsWithin(Duration.ofSeconds(10));
        assertThat(database.log()).contains("end 1");
    }

    @Test
    void lostLeaseEndsTheTerm() {
        database.add(1, "");
        start(SOON);
        database.loseLease();

        assertThatThrownBy(running::join)
                .isInstanceOf(CompletionException.class)
                .cause()
                .isInstanceOf(IllegalStateException.class)
                .hasRootCauseInstanceOf(SQLException.class);
        assertThat(database.log()).doesNotContain("start 1");
    }

    @Test
    void lostConnectionEndsTheTerm() {
        Scheduler scheduler = start(NEVER);
        scheduler.lost(new SQLException("terminated", "57P01"));

        assertThatThrownBy(running::join).hasRootCauseMessage("terminated");
    }

    @Test
    void oneFailureAfterTheOtherDoesNotStopTheLoop() throws InterruptedException {
        List<Long> ids = List.of(1L, 2L, 3L, 4L, 5L, 6L);
        for (long id : ids) {
            database.add(id, "");
            database.fail(id, new SQLException("out of memory", "53200"));
            database.commit(id);
        }
        start(NEVER);
        for (long id : ids) {
            database.awaitLine("end " + id);
        }
    }

    private Scheduler start(Duration poll) {
        return start(Instant::now, poll);
    }

    private Scheduler start(InstantSource clock, Duration poll) {
        Scheduler scheduler = startDeaf(clock, poll);
        database.onWake(scheduler::wake);
        return scheduler;
    }

    private Scheduler startDeaf(InstantSource clock, Duration poll) {
        Scheduler scheduler =
                new Scheduler(
                        database,
                        clock,
                        new Budget(4),
                        Pace.of(4, poll),
                        LoggerFactory.getLogger(SchedulerTest.class));
        stop = scheduler::stop;
        running =
                CompletableFuture.runAsync(
                        () -> {
                            try {
                                scheduler.run(Duration.ofSeconds(10));
                            } catch (SQLException e) {
                                throw new IllegalStateException(e);
                            } catch (InterruptedException _) {
                                Thread.currentThread().interrupt();
                            }
                        },
                        task -> Thread.ofVirtual().start(task));
        return scheduler;
    }
}
