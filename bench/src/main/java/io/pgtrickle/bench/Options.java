package io.pgtrickle.bench;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/// The command line.
///
/// @param tpchScale the scale of TPC-H
/// @param extent what is measured
/// @param output the file to write
/// @param date the date in it
record Options(Scale scale, BigDecimal tpchScale, Extent extent, Path output, LocalDate date) {
    /// What is measured.
    enum Extent {
        EVERYTHING,
        TPCH_ONLY
    }

    static final String USAGE =
            """
            Usage: bin/bench [--quick --output FILE] [--tpch-only --output FILE] [--tpch-scale SCALE] [--date YYYY-MM-DD]
              --output FILE       write here instead of docs/BENCHMARKS.md
              --quick             a smoke test with few rows; needs --output
              --tpch-only         measure TPC-H and nothing else; needs --output
              --tpch-scale SCALE  the scale of TPC-H: 1 if not given, in a smoke test 0.01
              --date DATE         the date in the report, today if not given\
            """;

    /// A command line that cannot be followed.
    static final class UsageException extends Exception {
        UsageException(String message) {
            super(message);
        }
    }

    /// @param standard the output file if none is given
    static Options parse(List<String> arguments, Path standard, Clock clock) throws UsageException {
        Scale scale = Scale.FULL;
        Optional<Path> output = Optional.empty();
        Optional<BigDecimal> tpchScale = Optional.empty();
        Extent extent = Extent.EVERYTHING;
        LocalDate date = LocalDate.now(clock);
        Iterator<String> words = arguments.iterator();
        while (words.hasNext()) {
            String word = words.next();
            switch (word) {
                case "--quick" -> scale = Scale.QUICK;
                case "--tpch-only" -> extent = Extent.TPCH_ONLY;
                case "--tpch-scale" -> tpchScale = Optional.of(positive(value(word, words)));
                case "--output" -> output = Optional.of(Path.of(value(word, words)));
                case "--date" -> date = date(value(word, words));
                default -> throw new UsageException("unknown argument: " + word);
            }
        }
        if (scale == Scale.QUICK && output.isEmpty()) {
            throw new UsageException("--quick needs --output: its numbers are not for publication");
        }
        if (extent == Extent.TPCH_ONLY && output.isEmpty()) {
            throw new UsageException("--tpch-only needs --output: the standard file has more");
        }
        return new Options(
                scale,
                tpchScale.orElse(scale.tpch()),
                extent,
                writable(output.orElse(standard)),
                date);
    }

    /// Complains before anything is measured rather than after.
    private static Path writable(Path file) throws UsageException {
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null || !Files.isWritable(directory) || Files.isDirectory(file)) {
            throw new UsageException("cannot write " + file);
        }
        return file;
    }

    private static String value(String option, Iterator<String> words) throws UsageException {
        if (!words.hasNext()) {
            throw new UsageException(option + " needs a value");
        }
        return words.next();
    }

    private static BigDecimal positive(String text) throws UsageException {
        try {
            BigDecimal number = new BigDecimal(text);
            if (number.signum() > 0) {
                return number;
            }
        } catch (NumberFormatException _) {
            // The message is the same.
        }
        throw new UsageException("not a scale: " + text);
    }

    private static LocalDate date(String text) throws UsageException {
        try {
            return LocalDate.parse(text);
        } catch (DateTimeException e) {
            throw new UsageException("not a date: " + text);
        }
    }
}
