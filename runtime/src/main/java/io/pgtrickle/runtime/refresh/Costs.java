package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/// What refreshes of one stream table have cost, and so what the next one is expected to cost, with
/// changes applied or recomputed. Immutable.
///
/// The time of a change does not follow its rows by any formula: plans change with them, as do the
/// caches. So a time is remembered for each order of magnitude, and an unknown one is taken to be
/// that of the next smaller one, at least. Changes of a size that is only ever recomputed are
/// applied once more whenever that is expected to cost a fraction, at last a twentieth, of what
/// recomputing has cost since the last time: so an estimate that became wrong is found out, for a
/// bounded price.
///
/// @param full milliseconds in which everything was computed
/// @param sourceRows rows of the sources at that time
/// @param sizes what is known of changes, by their order of magnitude
record Costs(double full, double sourceRows, TreeMap<Integer, Size> sizes) {
    Costs {
        sizes = new TreeMap<>(sizes);
    }

    /// Nothing is known.
    static final Costs NONE = new Costs(0, 0, new TreeMap<>());

    private static final ObjectMapper JSON = new ObjectMapper();

    /// Milliseconds that are not worth thinking about. A choice by shorter times would be one by
    /// chance.
    private static final double TRIFLE = 50;

    /// Sources are taken to have so many rows at least.
    private static final double FEW_ROWS = 1000;

    /// As many rows are applied without asking how large the sources are.
    private static final long FEW_CHANGES = 1000;

    /// So much less must applying cost than what made us recompute, to be applied again: the two
    /// would alternate otherwise.
    private static final double HYSTERESIS = 0.8;

    /// How many times the expected cost of applying is spent on recomputing before it is tried, by
    /// how often it was tried: one long time is often chance, three are not.
    private static final List<Integer> PATIENCE = List.of(2, 2, 6, 20);

    /// What is known of changes of one order of magnitude.
    ///
    /// @param times milliseconds that applying them took, the last three at most
    /// @param recomputed whether such a change was recomputed instead the last time
    /// @param spent milliseconds of recomputing since they were applied last
    record Size(List<Double> times, boolean recomputed, double spent) {
        private static final Size UNKNOWN = new Size(List.of(), false, 0);

        Size {
            times = times.stream().limit(PATIENCE.size() - 1).toList();
        }

        /// The middle one, so that one long time does not matter; 0 when it was never tried.
        private double expected() {
            List<Double> sorted = times.stream().sorted().toList();
            return sorted.isEmpty() ? 0 : sorted.get((sorted.size() - 1) / 2);
        }

        /// What is much faster than expected is expected from then on.
        private List<Double> and(double millis) {
            boolean much = millis < expected() / 2;
            Stream<Double> known = times.stream().skip(Math.max(0, times.size() - 2));
            return Stream.concat(much ? Stream.of() : known, Stream.of(millis)).toList();
        }
    }

    /// What [#json()] has made.
    static Costs parse(Optional<String> json) {
        try {
            return json.isEmpty() ? NONE : JSON.readValue(json.get(), Costs.class);
        } catch (JsonProcessingException _) {
            // Of another version: it is learnt anew.
            return NONE;
        }
    }

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The order of magnitude of a number of rows: powers of four, as plans have.
    private static int magnitude(long rows) {
        int magnitude = 0;
        for (long bound = 1; bound < rows && magnitude < 31; bound *= 4) {
            magnitude++;
        }
        return magnitude;
    }

    /// Whether the number of rows of the sources matters for a change of so many rows.
    boolean asksForSources(long rows) {
        return rows > FEW_CHANGES || expected(magnitude(rows)) >= TRIFLE;
    }

    /// Milliseconds that applying a change of that size takes, at least.
    private double expected(int magnitude) {
        return sizes.headMap(magnitude, true).values().stream()
                .mapToDouble(Size::expected)
                .max()
                .orElse(0);
    }

    private double expectedFull(double rows) {
        return full * Math.max(rows, FEW_ROWS) / Math.max(sourceRows, FEW_ROWS);
    }

    /// Why a change had better be recomputed; empty when it had not.
    ///
    /// @param rows its rows
    /// @param present rows of the sources, as far as known
    /// @param margin by which the time of recomputing is multiplied before it is compared
    /// @param threshold the share of changed rows above which a change of unknown cost is
    ///   recomputed; 0 for none
    Optional<String> whyFull(long rows, double present, double margin, double threshold) {
        double sources = Math.max(present, (double) rows);
        int magnitude = magnitude(rows);
        Size size = sizes.getOrDefault(magnitude, Size.UNKNOWN);
        double applying = expected(magnitude);
        double recomputing = expectedFull(sources);
        if (full == 0 || isTried(size, Math.max(applying, recomputing))) {
            return Optional.empty();
        }
        double limit = margin * recomputing * (size.recomputed() ? HYSTERESIS : 1);
        if (applying >= TRIFLE && applying >= limit) {
            return Optional.of(
                    String.format(
                            Locale.ROOT,
                            "applying %d changed rows takes about %.0f ms, recomputing %.0f ms",
                            rows,
                            applying,
                            recomputing));
        }
        double share = rows / Math.max(sources, FEW_ROWS);
        boolean large = size.times().isEmpty() && threshold > 0 && share > threshold;
        return large && recomputing >= TRIFLE
                ? Optional.of(
                        String.format(
                                Locale.ROOT,
                                "%d rows have changed, %.0f %% of the sources, and it is not known how long applying so many takes",
                                rows,
                                100 * share))
                : Optional.empty();
    }

    /// Whether enough was spent on recomputing to see what applying takes by now.
    private static boolean isTried(Size size, double price) {
        return size.spent() > 0 && size.spent() >= PATIENCE.get(size.times().size()) * price;
    }

    /// With the time of a change that was applied.
    Costs applied(long rows, double millis) {
        int magnitude = magnitude(rows);
        Size size = sizes.getOrDefault(magnitude, Size.UNKNOWN);
        // Once more after recomputing, it is not yet what is done.
        boolean trial = size.recomputed() && size.spent() > 0;
        return with(magnitude, new Size(size.and(millis), trial, 0));
    }

    /// With the time of a refresh that has recomputed everything.
    ///
    /// @param rows those of the change that was recomputed though it could have been applied; 0 for
    ///   none
    Costs recomputed(double millis, double present, long rows) {
        double scaled = expectedFull(present);
        // What is slower is followed slowly: it is more often by chance.
        double share = millis < scaled ? 0.5 : 0.25;
        double time = full == 0 ? millis : scaled + share * (millis - scaled);
        Costs known = new Costs(time, present, sizes);
        if (rows == 0) {
            return known;
        }
        int magnitude = magnitude(rows);
        Size size = sizes.getOrDefault(magnitude, Size.UNKNOWN);
        return known.with(magnitude, new Size(size.times(), true, size.spent() + millis));
    }

    private Costs with(int magnitude, Size size) {
        TreeMap<Integer, Size> changed = new TreeMap<>(sizes);
        changed.put(magnitude, size);
        return new Costs(full, sourceRows, changed);
    }

    /// The share of changed rows above which changes were recomputed the last time; empty when none
    /// were.
    Optional<Double> threshold() {
        return sizes.entrySet().stream()
                .filter(it -> it.getValue().recomputed())
                .map(Map.Entry::getKey)
                .findFirst()
                .map(it ->
                        Math.clamp(
                                Math.pow(4, it - 1) / Math.max(sourceRows, FEW_ROWS), 0.01, 0.8));
    }
}
