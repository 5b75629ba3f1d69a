package io.pgtrickle.compiler.sql;

import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// Collects the fixed texts of all compounds in a query, whatever they are nested in.
final class CompoundTexts {

    private final List<String> texts = new ArrayList<>();

    private CompoundTexts() {}

    static List<String> of(Query query) throws ReflectiveOperationException {
        CompoundTexts collector = new CompoundTexts();
        collector.visit(query);
        return collector.texts;
    }

    private void visit(Object node) throws ReflectiveOperationException {
        switch (node) {
            case SqlExpr.Compound compound -> {
                texts.addAll(compound.texts());
                visitAll(compound.arguments());
            }
            case Query.FromItem.Rows(SqlExpr.Compound item, _, _, _, var columns, _, var named) -> {
                texts.add(
                        withoutNames(String.join(" ", item.texts()), named ? columns : List.of()));
                visitAll(item.arguments());
            }
            case Collection<?> nodes -> visitAll(nodes);
            case Optional<?> optional -> visitAll(optional.stream().toList());
            case Record tuple -> visitComponents(tuple);
            default -> {
                // A leaf.
            }
        }
    }

    /// What JSON_TABLE and XMLTABLE declare are new names and not columns that were missed.
    private static String withoutNames(String text, List<String> declared) {
        String rest = text;
        for (String name : declared) {
            rest = rest.replaceFirst("(\\( ?|, |COLUMNS )\\Q" + name + "\\E ", "$1");
        }
        return rest;
    }

    private void visitAll(Collection<?> nodes) throws ReflectiveOperationException {
        for (Object node : nodes) {
            visit(node);
        }
    }

    private void visitComponents(Record tuple) throws ReflectiveOperationException {
        for (RecordComponent component : tuple.getClass().getRecordComponents()) {
            visit(component.getAccessor().invoke(tuple));
        }
    }
}
