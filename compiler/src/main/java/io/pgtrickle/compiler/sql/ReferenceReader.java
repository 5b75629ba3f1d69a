package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.SqlExpr.Column;
import io.pgtrickle.compiler.sql.SqlExpr.Compound;
import io.pgtrickle.compiler.sql.SqlExpr.WholeRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.IndirectionContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Indirection_listContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Indirection_varContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Value_expression_primaryContext;

/// Reads columns, whole rows, and the subscripts and fields of values.
final class ReferenceReader {

    private final SourceText source;
    private final ExpressionReader expressions;

    ReferenceReader(SourceText source, ExpressionReader expressions) {
        this.source = source;
        this.expressions = expressions;
    }

    SqlExpr read(Indirection_varContext reference) {
        if (reference.identifier() == null) {
            return expressions.compound(reference);
        }
        String first = source.name(reference.identifier());
        return reference.indirection_list() == null
                ? new Column(Optional.empty(), first)
                : read(first, reference.indirection_list());
    }

    private SqlExpr read(String first, Indirection_listContext rest) {
        List<IndirectionContext> steps = rest.indirection();
        if (rest.MULTIPLY() != null && steps.stream().anyMatch(s -> s.col_label() == null)) {
            throw SourceText.problem(rest.getStart(), "a star after a subscript is not canonical");
        }
        if (rest.MULTIPLY() != null) {
            return new WholeRow(steps.isEmpty() ? first : source.name(steps.getLast().col_label()));
        }
        if (steps.getFirst().col_label() == null) {
            return selection(new Column(Optional.empty(), first), steps);
        }
        Column column = new Column(Optional.of(first), source.name(steps.getFirst().col_label()));
        List<IndirectionContext> selectors = steps.subList(1, steps.size());
        return selectors.isEmpty() ? column : selection(column, selectors);
    }

    /// `column[subscript]` as it is, `(column).field` with parentheses.
    private SqlExpr selection(Column column, List<IndirectionContext> selectors) {
        boolean field = selectors.getFirst().col_label() != null;
        List<ParserRuleContext> holes =
                selectors.stream().flatMap(s -> Holes.of(s).stream()).toList();
        List<String> texts =
                source.around(
                        SourceText.first(selectors.getFirst()),
                        SourceText.last(selectors.getLast()),
                        holes);
        return compound(
                field ? "(" : "", column, field ? ")" : "", texts, expressions.readAll(holes));
    }

    /// `(value).field` and `(value)[subscript]`, where the value is an expression or a sub-query.
    SqlExpr selection(ParserRuleContext selection) {
        ParserRuleContext value = (ParserRuleContext) selection.getChild(1);
        Indirection_listContext selectors = (Indirection_listContext) selection.getChild(3);
        SqlExpr base =
                selection instanceof Value_expression_primaryContext p
                        ? expressions.scalar(p)
                        : expressions.read(value);
        List<ParserRuleContext> holes = Holes.of(selectors);
        List<String> texts =
                source.around(SourceText.first(selectors), SourceText.last(selectors), holes);
        return compound("(", base, ")", texts, expressions.readAll(holes));
    }

    private static SqlExpr compound(
            String before,
            SqlExpr base,
            String after,
            List<String> selectors,
            List<SqlExpr> subscripts) {
        List<String> texts = new ArrayList<>();
        texts.add(before);
        texts.add(after + selectors.getFirst());
        texts.addAll(selectors.subList(1, selectors.size()));
        List<SqlExpr> arguments = new ArrayList<>();
        arguments.add(base);
        arguments.addAll(subscripts);
        return new Compound(texts, arguments);
    }
}
