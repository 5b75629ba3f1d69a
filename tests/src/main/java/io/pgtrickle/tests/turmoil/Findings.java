package io.pgtrickle.tests.turmoil;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// What has been found wrong. Thread-safe.
final class Findings {
    private static final int MOST = 50;

    private final List<String> wrong = new CopyOnWriteArrayList<>();
    private final Consumer<String> progress;

    /// @param progress is told what happens, and what is wrong at once
    Findings(Consumer<String> progress) {
        this.progress = progress;
    }

    void say(String line) {
        progress.accept(line);
    }

    void wrong(String what) {
        if (wrong.size() < MOST) {
            progress.accept("WRONG: " + what);
            wrong.add(what);
        }
    }

    List<String> all() {
        return List.copyOf(wrong);
    }
}
