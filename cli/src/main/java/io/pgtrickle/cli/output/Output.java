package io.pgtrickle.cli.output;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.util.List;

/// Prints results in one format. Not thread-safe.
///
/// @param out where results go
/// @param err where warnings go
/// @param format the format
public record Output(PrintWriter out, PrintWriter err, Format format) {

    /// Prints rows.
    public void print(Sheet sheet) {
        switch (format) {
            case TABLE -> out.print(TableText.of(sheet));
            case JSON -> printJson(json(sheet));
            case CSV -> printCsv(sheet);
        }
        out.flush();
    }

    /// Prints one thing.
    public void print(Facts facts) {
        switch (format) {
            case TABLE -> out.print(TableText.of(facts));
            case JSON -> printJson(json(facts.sheet()).get(0));
            case CSV -> printCsv(facts.sheet());
        }
        out.flush();
    }

    /// Prints a sentence for people, the facts for programs.
    public void print(String sentence, Facts facts) {
        if (format == Format.TABLE) {
            out.println(sentence);
            out.flush();
            return;
        }
        print(facts);
    }

    /// Prints warnings, which are never among the results.
    public void warn(List<String> warnings) {
        warnings.forEach(warning -> err.println("WARNING: " + warning));
        err.flush();
    }

    private static ArrayNode json(Sheet sheet) {
        ArrayNode array = JsonNodeFactory.instance.arrayNode();
        for (List<Value> row : sheet.rows()) {
            ObjectNode object = array.addObject();
            for (int i = 0; i < row.size(); i++) {
                object.set(sheet.columns().get(i).key(), row.get(i).json());
            }
        }
        return array;
    }

    private void printJson(JsonNode node) {
        try {
            out.println(
                    new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private void printCsv(Sheet sheet) {
        printCsvRow(sheet.columns().stream().map(Column::key).toList());
        sheet.rows().forEach(row -> printCsvRow(row.stream().map(Value::plain).toList()));
    }

    private void printCsvRow(List<String> fields) {
        out.print(String.join(",", fields.stream().map(Output::csvField).toList()));
        out.print("\r\n");
    }

    private static String csvField(String text) {
        boolean quote = text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
        return quote ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
    }
}
