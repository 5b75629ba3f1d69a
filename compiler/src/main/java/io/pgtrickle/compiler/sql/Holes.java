package io.pgtrickle.compiler.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Data_typeContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Format_jsonContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Frame_boundContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Json_table_columnContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_stmt_no_parensContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Table_subqueryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Value_expression_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.VexContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Vex_bContext;

/// Where the sub-expressions of a parse tree node are.
final class Holes {

    private Holes() {}

    /// The topmost expressions below a node, in the order of the text.
    static List<ParserRuleContext> of(ParserRuleContext node) {
        List<ParserRuleContext> found = new ArrayList<>();
        collect(node, found);
        return found;
    }

    private static void collect(ParserRuleContext node, List<ParserRuleContext> found) {
        for (ParseTree child : node.children) {
            if (isExpression(child)) {
                if (!isName(node)) {
                    found.add((ParserRuleContext) child);
                }
            } else if (child instanceof ParserRuleContext below && !isPlainText(below)) {
                collect(below, found);
            }
        }
    }

    /// Whether a query would be swallowed by the text of the node.
    static boolean hidesQuery(ParserRuleContext node) {
        return node.children.stream()
                .filter(child -> !isExpression(child))
                .anyMatch(child ->
                        child instanceof Select_stmt_no_parensContext
                                || child instanceof Table_subqueryContext
                                || (child instanceof ParserRuleContext below
                                        && below.children != null
                                        && hidesQuery(below)));
    }

    private static boolean isExpression(ParseTree tree) {
        return tree instanceof VexContext || tree instanceof Vex_bContext;
    }

    /// Nodes where the grammar has expressions but PostgreSQL has names: type modifiers, encodings,
    /// UNBOUNDED.
    private static boolean isPlainText(ParserRuleContext node) {
        return node.children == null
                || node instanceof Data_typeContext
                || node instanceof Format_jsonContext
                || (node instanceof Frame_boundContext bound
                        && bound.getStart().getType() == SQLParser.UNBOUNDED
                        && bound.vex() != null
                        && SourceText.first(bound.vex()) == SourceText.last(bound.vex()));
    }

    /// Whether what the grammar takes for an expression right below the node is a column's name.
    private static boolean isName(ParserRuleContext node) {
        return node instanceof Json_table_columnContext;
    }

    /// The expression inside `(..)`, however often repeated.
    static ParserRuleContext withoutParentheses(ParserRuleContext expression) {
        ParserRuleContext inner = expression;
        while (inner.getChildCount() == 3
                && startsWithParenthesis(inner)
                && isExpression(inner.getChild(1))) {
            inner = (ParserRuleContext) inner.getChild(1);
        }
        return inner;
    }

    /// Whether an operator-level node is `(x)`, `(x).f` or `(x, y)`.
    static boolean startsWithParenthesis(ParserRuleContext expression) {
        return isExpression(expression)
                && expression.getChild(0) instanceof TerminalNode token
                && token.getSymbol().getType() == SQLParser.LEFT_PAREN;
    }

    /// Whether an operator-level node is `(x, y)`.
    static boolean isRow(ParserRuleContext expression) {
        return startsWithParenthesis(expression)
                && expression.getChild(2) instanceof TerminalNode token
                && token.getSymbol().getType() == SQLParser.COMMA;
    }

    /// What stands below an expression that has no operator.
    static Optional<Value_expression_primaryContext> primary(ParserRuleContext expression) {
        return expression.getChild(0) instanceof Value_expression_primaryContext primary
                ? Optional.of(primary)
                : Optional.empty();
    }
}
