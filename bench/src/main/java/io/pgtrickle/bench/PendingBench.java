package io.pgtrickle.bench;

import io.pgtrickle.runtime.jdbc.Sql;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// What a refresh costs when the change buffer also holds changes that it has applied already,
/// which a second stream table still needs.
final class PendingBench {
    private static final int STATEMENT = 1_000;

    private final Environment environment;
    private final Scale scale;
    private final Orders orders;

    PendingBench(Environment environment, Scale scale, Orders orders) {
        this.environment = environment;
        this.scale = scale;
        this.orders = orders;
    }

    /// The content of the buffer before a refresh.
    ///
    /// @param kept changed rows that are applied but kept
    /// @param pending changed rows that the refresh applies
    record Content(int kept, int pending) {}

    /// The refreshes with one content of the buffer.
    record Result(Content content, Samples milliseconds) {}

    List<Result> run() throws SQLException {
        int few = scale.fewChanges();
        int many = scale.manyChanges();
        List<Result> results = new ArrayList<>();
        for (Content content :
                List.of(new Content(0, few), new Content(many, few), new Content(few, many))) {
            results.add(new Result(content, new Samples()));
        }
        try (Subject subject =
                        Subject.create(environment, "prompt", Workload.JOIN_AGGREGATE.query());
                Subject lagging =
                        Subject.create(environment, "lagging", Workload.AGGREGATE.query())) {
            for (int round = 0; round <= scale.pendingRounds(); round++) {
                Progress.say("pending and kept changes, round " + round);
                for (Result result : results) {
                    double elapsed = once(subject, lagging, result.content());
                    if (round > 0) {
                        result.milliseconds().add(elapsed);
                    }
                }
            }
            subject.verify();
            lagging.verify();
        }
        return results;
    }

    private double once(Subject subject, Subject lagging, Content content) throws SQLException {
        if (content.kept() > 0) {
            change(content.kept());
            subject.differential();
            environment.clean();
        }
        change(content.pending());
        long images = Subject.buffered(environment.writer(), "orders").images();
        if (images != 2L * (content.kept() + content.pending())) {
            throw new IllegalStateException(
                    "the buffer holds " + images + " row images, which is not " + content);
        }
        double elapsed = subject.differential();
        lagging.differential();
        environment.clean();
        Sql.execute(
                environment.writer(), "VACUUM " + Subject.buffer(environment.writer(), "orders"));
        return elapsed;
    }

    private void change(int rows) throws SQLException {
        for (int done = 0; done < rows; done += STATEMENT) {
            orders.apply(new Change(Change.Kind.UPDATE, Math.min(STATEMENT, rows - done)));
        }
    }
}
