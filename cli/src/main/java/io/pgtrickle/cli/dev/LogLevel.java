package io.pgtrickle.cli.dev;

/// How much the program says about what it does.
public final class LogLevel {
    private static final String PROPERTY = "pgtrickle.log.level";

    private LogLevel() {}

    /// Shows progress, for commands that run on. It has to come before the first log line.
    public static void showProgress() {
        if (System.getProperty(PROPERTY) == null) {
            System.setProperty(PROPERTY, "INFO");
        }
    }
}
