package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.GroupItem;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Function_callContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Groupby_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Grouping_elementContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Grouping_element_listContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Value_expression_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Vex_or_named_notationContext;

/// Reads GROUP BY.
final class GroupingReader {

    private final SourceText source;
    private final ExpressionReader expressions;

    GroupingReader(SourceText source, ExpressionReader expressions) {
        this.source = source;
        this.expressions = expressions;
    }

    List<GroupItem> read(Groupby_clauseContext clause) {
        return items(clause.grouping_element_list());
    }

    /// Whether the clause is GROUP BY DISTINCT. The word was set aside, so it stands between BY and
    /// the first element.
    boolean isDistinct(Groupby_clauseContext clause) {
        int afterBy = clause.BY().getSymbol().getTokenIndex() + 1;
        int beforeElements = SourceText.first(clause.grouping_element_list()) - 1;
        return !source.between(afterBy, beforeElements).isEmpty();
    }

    private List<GroupItem> items(Grouping_element_listContext list) {
        return list.grouping_element().stream().map(this::item).toList();
    }

    private GroupItem item(Grouping_elementContext element) {
        if (element.grouping_element_list() != null) {
            return sets(element, element.grouping_element_list());
        }
        return element.vex() == null
                ? new GroupItem.Empty()
                : groupingCall(element)
                        .map(call -> sets(element.getStart().getType(), arguments(call)))
                        .orElseGet(() -> keys(expression(element.vex())));
    }

    private GroupItem sets(Grouping_elementContext element, Grouping_element_listContext inner) {
        return element.GROUPING() == null
                ? sets(
                        element.getStart().getType(),
                        inner.grouping_element().stream().map(this::expression).toList())
                : new GroupItem.GroupingSets(items(inner));
    }

    private static GroupItem sets(int keyword, List<List<SqlExpr>> entries) {
        return keyword == SQLParser.ROLLUP
                ? new GroupItem.Rollup(entries)
                : new GroupItem.Cube(entries);
    }

    private static GroupItem keys(List<SqlExpr> keys) {
        return keys.size() == 1 ? new GroupItem.Key(keys.getFirst()) : new GroupItem.Keys(keys);
    }

    private List<SqlExpr> expression(Grouping_elementContext element) {
        if (element.vex() == null) {
            throw SourceText.problem(
                    element.getStart(), "ROLLUP and CUBE have expressions as their entries");
        }
        return expression(element.vex());
    }

    /// The parts of `(a, b)`, or the one expression that it is.
    private List<SqlExpr> expression(ParserRuleContext written) {
        ParserRuleContext inner = Holes.withoutParentheses(written);
        return Holes.isRow(inner)
                ? expressions.readAll(Holes.of(inner))
                : List.of(expressions.read(inner));
    }

    private List<List<SqlExpr>> arguments(Function_callContext call) {
        return call.vex_or_named_notation().stream()
                .map(Vex_or_named_notationContext::vex)
                .map(this::expression)
                .toList();
    }

    /// The grammar may take `CUBE (..)` and `ROLLUP (..)` for function calls; PostgreSQL quotes
    /// functions so named.
    private static Optional<Function_callContext> groupingCall(Grouping_elementContext element) {
        int type = element.getStart().getType();
        return type == SQLParser.CUBE || type == SQLParser.ROLLUP
                ? Holes.primary(element.vex()).map(Value_expression_primaryContext::function_call)
                : Optional.empty();
    }
}
