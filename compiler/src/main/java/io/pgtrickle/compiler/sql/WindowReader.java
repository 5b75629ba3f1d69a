package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.NamedWindow;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Window;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Orderby_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Sort_specifierContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Window_definitionContext;

/// Reads window definitions and sort items.
final class WindowReader {

    private final SourceText source;
    private final ExpressionReader expressions;

    WindowReader(SourceText source, ExpressionReader expressions) {
        this.source = source;
        this.expressions = expressions;
    }

    /// The WINDOW clause of a SELECT core.
    List<NamedWindow> named(Select_primaryContext core) {
        return IntStream.range(0, core.window_definition().size())
                .mapToObj(i ->
                        new NamedWindow(
                                source.name(core.identifier(i)), read(core.window_definition(i))))
                .toList();
    }

    Window read(Window_definitionContext definition) {
        return new Window(
                Optional.ofNullable(definition.identifier()).map(source::name),
                Optional.ofNullable(definition.partition_by_columns())
                        .map(columns -> expressions.readAll(columns.vex()))
                        .orElse(List.of()),
                Optional.ofNullable(definition.orderby_clause())
                        .map(this::sortItems)
                        .orElse(List.of()),
                Optional.ofNullable(definition.frame_clause()).map(expressions::compound));
    }

    List<SortItem> sortItems(Orderby_clauseContext clause) {
        return clause.sort_specifier().stream().map(this::sortItem).toList();
    }

    private SortItem sortItem(Sort_specifierContext item) {
        int afterExpression = SourceText.last(item.vex()) + 1;
        return new SortItem(
                expressions.read(item.vex()),
                source.between(afterExpression, SourceText.last(item)));
    }
}
