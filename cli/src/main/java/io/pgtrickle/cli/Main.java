package io.pgtrickle.cli;

import io.pgtrickle.cli.command.Commands;
import io.pgtrickle.cli.command.Session;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/// The pgtrickle command.
public final class Main {
    private Main() {}

    /// Runs one command and ends the JVM with its exit code.
    public static void main(String[] arguments) {
        PrintWriter out = writer(FileDescriptor.out);
        PrintWriter err = writer(FileDescriptor.err);
        int exitCode = Commands.commandLine(Session.system(out, err)).execute(arguments);
        out.flush();
        err.flush();
        System.exit(exitCode);
    }

    /// UTF-8 whatever the locale: what programs read from us does not depend on it.
    private static PrintWriter writer(FileDescriptor descriptor) {
        return new PrintWriter(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
    }
}
