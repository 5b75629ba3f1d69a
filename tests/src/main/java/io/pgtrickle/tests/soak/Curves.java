package io.pgtrickle.tests.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.markers.SeriesMarkers;

/// The samples of a run, written as a table and drawn as curves over time.
final class Curves {
    private final Path directory;
    private final List<Sample> samples;

    Curves(Path directory, List<Sample> samples) {
        this.directory = directory;
        this.samples = List.copyOf(samples);
    }

    /// Writes `soak.csv`, `memory.png`, `buffers.png`, `latency.png` and `load.png`.
    void write() throws IOException {
        Files.createDirectories(directory);
        List<String> lines = new ArrayList<>(List.of(Sample.HEADER));
        samples.forEach(it -> lines.add(it.csv()));
        Files.write(directory.resolve("soak.csv"), lines);
        draw(
                "memory",
                "MB",
                Map.of("heap of the service and the load, after a collection", Sample::heap));
        draw("buffers", "MB", Map.of("change buffers", Sample::buffers));
        draw(
                "latency",
                "ms",
                true,
                Map.of(
                        "1: one level, median", Sample::near,
                        "2: one level, 95 %", Sample::nearLate,
                        "3: five levels, median", Sample::far,
                        "4: five levels, 95 %", Sample::farLate));
        draw(
                "load",
                "per second",
                Map.of("1: commits", Sample::commits, "2: refreshes with data", Sample::refreshes));
    }

    private void draw(String name, String unit, Map<String, ToDoubleFunction<Sample>> series)
            throws IOException {
        draw(name, unit, false, series);
    }

    private void draw(
            String name,
            String unit,
            boolean logarithmic,
            Map<String, ToDoubleFunction<Sample>> series)
            throws IOException {
        XYChart chart =
                new XYChartBuilder()
                        .width(900)
                        .height(400)
                        .title(name)
                        .xAxisTitle("minutes")
                        .yAxisTitle(unit)
                        .build();
        chart.getStyler().setYAxisLogarithmic(logarithmic);
        if (!logarithmic) {
            chart.getStyler().setYAxisMin(0.0);
        }
        List<Double> minutes = samples.stream().map(Sample::minutes).collect(Collectors.toList());
        series.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(it ->
                        chart.addSeries(
                                        it.getKey(),
                                        minutes,
                                        samples.stream()
                                                .map(it.getValue()::applyAsDouble)
                                                .collect(Collectors.toList()))
                                .setMarker(SeriesMarkers.NONE));
        ChartEncoder.saveChart(chart, directory.resolve(name + ".png").toString(), "png");
    }
}
