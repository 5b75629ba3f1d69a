package io.pgtrickle.server.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.pgtrickle.runtime.refresh.Job;
import io.pgtrickle.runtime.refresh.Job.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// What the database is told of refreshes, and when.
final class JobsTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Jobs jobs = new Jobs();

    private static Instant at(long millis) {
        return START.plusMillis(millis);
    }

    private static Ticket ticket(long id, long since) {
        return new Ticket(id, UnitKind.SINGLETON, List.of(id), at(since), 1);
    }

    @Test
    void whatEndsIsToldASecondLaterAllAtOnce() {
        jobs.begun(ticket(1, 0), at(5));
        jobs.worker(1, 77);
        jobs.ended(1, at(13), new Result.Refreshed());
        for (long id = 2; id < 100; id++) {
            jobs.begun(ticket(id, id), at(5 + id));
            jobs.ended(id, at(10 + id), new Result.Nothing());
        }
        assertThat(jobs.next()).isEqualTo(at(1005));
        List<Job> told = jobs.take(at(1005), List.of());
        assertThat(told).hasSize(99);
        assertThat(told.getFirst())
                .isEqualTo(
                        new Job(
                                1,
                                Optional.empty(),
                                0,
                                new Job.Unit("singleton", "s:1", List.of(1L), 1),
                                1,
                                Optional.of(77),
                                new Job.Times(at(0), Optional.of(at(5)), Optional.of(at(13))),
                                new Job.Outcome(Status.SUCCEEDED, Optional.empty())));
        assertThat(jobs.next()).isEqualTo(Instant.MAX);
    }

    @Test
    void whatRunsIsToldOnceAndItsEndUnderTheSameId() {
        jobs.begun(ticket(1, 0), at(0));
        Job running = jobs.take(at(1000), List.of()).getFirst();
        assertThat(running.outcome().status()).isEqualTo(Status.RUNNING);
        jobs.written(Map.of(running.number(), 500L));
        assertThat(jobs.next()).isEqualTo(Instant.MAX);

        jobs.ended(1, at(9000), new Result.Failed("53200", "out of memory"));
        Job failed = jobs.take(at(10_000), List.of()).getFirst();
        assertThat(failed.id()).contains(500L);
        assertThat(failed.outcome())
                .isEqualTo(
                        new Job.Outcome(
                                Status.RETRYABLE_FAILED,
                                Optional.of("out of memory (SQLSTATE 53200)")));
    }

    @Test
    void whatCouldNotBeWrittenIsToldAgainWhileItRuns() {
        jobs.begun(ticket(1, 0), at(0));
        assertThat(jobs.take(at(1000), List.of())).hasSize(1);
        jobs.waiting(at(1500));
        assertThat(jobs.take(at(2500), List.of())).hasSize(1);
    }

    @Test
    void whatWaitsIsToldAndThenThatItRunsOrIsNotNeeded() {
        List<Ticket> waiting = List.of(ticket(1, 0), ticket(2, 0));
        List<Job> queued = jobs.take(at(1000), waiting);
        assertThat(queued).allMatch(it -> it.outcome().status() == Status.QUEUED).hasSize(2);
        queued.forEach(it -> jobs.written(Map.of(it.number(), 10 + it.unit().root())));
        assertThat(jobs.take(at(2000), waiting)).as("nothing new").isEmpty();

        jobs.begun(ticket(1, 0), at(2500));
        List<Job> later = jobs.take(at(3500), List.of());
        assertThat(later)
                .extracting(it -> it.id().orElse(0L), it -> it.outcome().status())
                .containsExactlyInAnyOrder(
                        tuple(11L, Status.RUNNING), tuple(12L, Status.CANCELLED));
    }

    @Test
    void theGraphIsCountedWhenUnitsChange() {
        jobs.begin(7);
        jobs.load(List.of(entry(1), entry(2)));
        jobs.begun(ticket(1, 0), at(0));
        jobs.load(List.of(entry(2), entry(1)));
        jobs.begun(ticket(2, 0), at(0));
        jobs.load(List.of(entry(1)));
        jobs.ended(2, at(1), new Result.Busy());
        jobs.begun(ticket(2, 0), at(2));
        assertThat(jobs.take(at(1001), List.of()))
                .extracting(Job::graph)
                .containsExactlyInAnyOrder(7L, 7L, 8L);
    }

    @Test
    void errorsOfQueriesAreForGood() {
        jobs.begun(ticket(1, 0), at(0));
        jobs.ended(1, at(1), new Result.Failed("42703", "no such column"));
        assertThat(jobs.take(at(1001), List.of()).getFirst().outcome().status())
                .isEqualTo(Status.PERMANENT_FAILED);
    }

    @Test
    void aFloodIsCut() {
        LongStream.range(0, Jobs.MOST + 5L)
                .forEach(id -> {
                    jobs.begun(ticket(id, 0), at(0));
                    jobs.ended(id, at(1), new Result.Refreshed());
                });
        assertThat(jobs.take(at(1001), List.of())).hasSize(Jobs.MOST);
    }

    private static Entry entry(long id) {
        return new Entry(id, Duration.ZERO, Entry.Trigger.CHANGES, true, Set.of());
    }
}
