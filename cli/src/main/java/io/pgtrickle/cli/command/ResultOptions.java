package io.pgtrickle.cli.command;

import io.pgtrickle.cli.output.Format;
import io.pgtrickle.cli.output.Output;
import picocli.CommandLine.Option;

/// How results are printed.
final class ResultOptions {
    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "How to print the result: table, json or csv (default: table).")
    private Format format = Format.TABLE;

    Output output(Session session) {
        return new Output(session.out(), session.err(), format);
    }
}
