package io.pgtrickle.runtime.refresh;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/// How many rows of each member of a cycle each pass has changed.
///
/// One thread.
final class FixpointTrace {
    /// How many passes are shown of the first ones and of the last ones.
    private static final int SHOWN = 5;

    private final List<String> members;
    private final List<long[]> passes = new ArrayList<>();

    /// @param members their names, quoted
    FixpointTrace(List<String> members) {
        this.members = List.copyOf(members);
    }

    /// Begins a pass.
    void begin() {
        passes.add(new long[members.size()]);
    }

    /// Notes that the pass has changed so many rows of a member.
    void changed(int member, long rows) {
        passes.getLast()[member] += rows;
    }

    /// How many there were.
    int passes() {
        return passes.size();
    }

    /// What to say of passes without an end.
    PgTrickleException notConverged(int limit) {
        return PgTrickleException.of(
                        "54000",
                        "the cycle of stream tables has not come to rest after "
                                + limit
                                + " iterations: "
                                + String.join(" -> ", members)
                                + " -> "
                                + members.getFirst())
                .detail("Rows changed by iteration: " + lines() + ".")
                .hint(
                        "Look whether the queries make new rows without end, as n + 1 or UNION ALL over a circle of rows"
                                + " do; raise pg_trickle.max_fixpoint_iterations when they only need longer. Then"
                                + " pgtrickle.resume_stream_table() resumes all members.")
                .build();
    }

    private String lines() {
        return IntStream.range(0, passes.size())
                .filter(it -> it < SHOWN || it >= passes.size() - SHOWN)
                .mapToObj(this::line)
                .collect(Collectors.joining("; "));
    }

    private String line(int pass) {
        String gap = pass == passes.size() - SHOWN && pass > SHOWN ? "...; " : "";
        return gap
                + (pass + 1)
                + ": "
                + IntStream.range(0, members.size())
                        .mapToObj(it -> members.get(it) + " " + passes.get(pass)[it])
                        .collect(Collectors.joining(", "));
    }
}
