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
            case Collection<?> nodes -> visitAll(nodes);
            case Optional<?> optional -> visitAll(optional.stream().toList());
            case Record tuple -> visitComponents(tuple);
            default -> {
                // A leaf.
            }
        }
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
