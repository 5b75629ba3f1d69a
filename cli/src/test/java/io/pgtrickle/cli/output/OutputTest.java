package io.pgtrickle.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final Sheet SHEET =
            new Sheet(
                    List.of(Column.of("stream table"), Column.of("rows"), Column.span("behind")),
                    List.of(
                            List.of(
                                    Value.of("shop.\"a,b\""),
                                    Value.of(12),
                                    Value.of(Duration.ofMillis(1500))),
                            List.of(Value.of("größe\nzwei"), Value.of(7), new Value.Missing())));

    private static final Facts FACTS =
            Facts.none()
                    .with("name", Value.of("t"))
                    .with("full because", new Value.Missing())
                    .with("populated", new Value.Flag(true))
                    .with("at", new Value.Moment(Instant.parse("2026-11-21T10:00:00Z")))
                    .with("storage", new Value.Lines(List.of("a int", "b text")));

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private Output output(Format format) {
        return new Output(new PrintWriter(out), new PrintWriter(err), format);
    }

    private String printed() {
        return out.toString().replace(System.lineSeparator(), "\n");
    }

    @Test
    void tableAlignsColumns() {
        output(Format.TABLE).print(SHEET);
        assertThat(printed())
                .isEqualTo(
                        """
                        stream table  rows  behind
                        ------------  ----  ------
                        shop."a,b"      12   1.5 s
                        größe zwei       7
                        """);
    }

    @Test
    void emptyTableSaysSo() {
        output(Format.TABLE).print(new Sheet(SHEET.columns(), List.of()));
        assertThat(printed()).isEqualTo("(no rows)\n");
    }

    @Test
    void jsonHasTypes() {
        output(Format.JSON).print(SHEET);
        assertThat(printed())
                .isEqualTo(
                        """
                        [ {
                          "stream_table" : "shop.\\"a,b\\"",
                          "rows" : 12,
                          "behind_seconds" : 1.500000
                        }, {
                          "stream_table" : "größe\\nzwei",
                          "rows" : 7,
                          "behind_seconds" : null
                        } ]
                        """);
    }

    @Test
    void csvQuotesWhatNeedsIt() {
        output(Format.CSV).print(SHEET);
        assertThat(out.toString())
                .isEqualTo(
                        "stream_table,rows,behind_seconds\r\n"
                                + "\"shop.\"\"a,b\"\"\",12,1.500000\r\n"
                                + "\"größe\nzwei\",7,\r\n");
    }

    @Test
    void factsAreAlignedAndLongOnesIndented() {
        output(Format.TABLE).print(FACTS);
        assertThat(printed())
                .startsWith(
                        "name:         t\nfull because:\npopulated:    yes\nat:           2026-11-2")
                .endsWith("storage:\n  a int\n  b text\n");
    }

    @Test
    void factsAreOneJsonObjectAndOneCsvRow() {
        output(Format.JSON).print(FACTS);
        assertThat(printed())
                .isEqualTo(
                        """
                        {
                          "name" : "t",
                          "full_because" : null,
                          "populated" : true,
                          "at" : "2026-11-21T10:00:00Z",
                          "storage" : [ "a int", "b text" ]
                        }
                        """);
        out.getBuffer().setLength(0);
        output(Format.CSV).print(FACTS);
        assertThat(out.toString())
                .isEqualTo(
                        """
                        name,full_because,populated,at,storage\r
                        t,,true,2026-11-21T10:00:00Z,"a int
                        b text"\r
                        """);
    }

    @Test
    void sentencesAreForPeopleAlone() {
        output(Format.TABLE).print("Done", FACTS);
        assertThat(printed()).isEqualTo("Done\n");
        out.getBuffer().setLength(0);
        output(Format.JSON).print("Done", FACTS);
        assertThat(printed()).doesNotContain("Done").contains("\"name\" : \"t\"");
    }

    @Test
    void warningsAreNotAmongTheResults() {
        output(Format.JSON).warn(List.of("look out"));
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualTo("WARNING: look out" + System.lineSeparator());
    }

    @Test
    void timesHaveFittingUnits() {
        assertThat(Value.of(Duration.ofNanos(12_345_678)).human()).isEqualTo("12.3 ms");
        assertThat(Value.of(Duration.ofSeconds(90)).human()).isEqualTo("90.0 s");
        assertThat(Value.of(Duration.ofMinutes(90)).human()).isEqualTo("90 min");
        assertThat(Value.of(Duration.ofHours(30)).human()).isEqualTo("30 h");
        assertThat(Value.of(Duration.ofDays(3)).human()).isEqualTo("3 days");
    }

    @Test
    void raggedRowsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Sheet(SHEET.columns(), List.of(List.of(Value.of(1)))));
    }
}
