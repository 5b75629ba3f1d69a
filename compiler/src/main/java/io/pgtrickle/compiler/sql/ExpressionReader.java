package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.SqlExpr.Compound;
import io.pgtrickle.compiler.sql.SqlExpr.SubQuery;
import io.pgtrickle.compiler.sql.SqlExpr.SubQuery.Kind;
import io.pgtrickle.compiler.sql.SqlExpr.Unsupported;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Comparison_modContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Function_constructContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Value_expression_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.VexContext;

/// Reads expressions: the forms with a structure of their own, and everything else as text with
/// holes.
final class ExpressionReader {

    private final SourceText source;
    private final QueryReader queries;
    private final WindowReader windows;
    private final CallReader calls;
    private final ReferenceReader references;

    ExpressionReader(SourceText source, QueryReader queries) {
        this.source = source;
        this.queries = queries;
        this.windows = new WindowReader(source, this);
        this.calls = new CallReader(source, this, windows);
        this.references = new ReferenceReader(source, this);
    }

    /// Reads a node of either expression rule of the grammar.
    SqlExpr read(ParserRuleContext written) {
        ParserRuleContext expression = Holes.withoutParentheses(written);
        Optional<Value_expression_primaryContext> primary = Holes.primary(expression);
        if (primary.isPresent()) {
            return primary(primary.get());
        }
        if (expression instanceof VexContext vex && vex.select_stmt_no_parens() != null) {
            return in(vex);
        }
        if (Holes.startsWithParenthesis(expression) && !Holes.isRow(expression)) {
            return references.selection(expression);
        }
        return operation(expression);
    }

    /// The reader of the windows and sort items around these expressions.
    WindowReader windows() {
        return windows;
    }

    /// A node's text with holes for all expressions right below it.
    SqlExpr compound(ParserRuleContext node) {
        if (Holes.hidesQuery(node)) {
            return new Unsupported(SourceText.raw(node.getStart()), source.of(node));
        }
        return compound(SourceText.first(node), SourceText.last(node), Holes.of(node));
    }

    Compound compound(int from, int to, List<ParserRuleContext> holes) {
        return new Compound(source.around(from, to, holes), readAll(holes));
    }

    List<SqlExpr> readAll(List<? extends ParserRuleContext> nodes) {
        return nodes.stream().map(this::read).toList();
    }

    SqlExpr scalar(Value_expression_primaryContext primary) {
        return new SubQuery(
                Kind.SCALAR, List.of(), "", queries.read(primary.select_stmt_no_parens()));
    }

    private SqlExpr primary(Value_expression_primaryContext primary) {
        if (primary.function_call() != null) {
            return calls.read(primary.function_call());
        }
        if (primary.indirection_var() != null) {
            return references.read(primary.indirection_var());
        }
        if (primary.select_stmt_no_parens() != null) {
            return primary.indirection_list() == null
                    ? scalar(primary)
                    : references.selection(primary);
        }
        if (primary.table_subquery() != null) {
            Query query = queries.read(primary.table_subquery().select_stmt());
            return new SubQuery(Kind.EXISTS, List.of(), "", query);
        }
        if (primary.array_expression() != null
                && primary.array_expression().table_subquery() != null) {
            Query query = queries.read(primary.array_expression().table_subquery().select_stmt());
            return new SubQuery(Kind.ARRAY, List.of(), "", query);
        }
        return compound(primary);
    }

    private SqlExpr in(VexContext vex) {
        SqlExpr test =
                new SubQuery(
                        Kind.ANY,
                        compared(vex.vex(0)),
                        "=",
                        queries.read(vex.select_stmt_no_parens()));
        return vex.NOT() == null ? test : new Compound(List.of("NOT ", ""), List.of(test));
    }

    /// What has operands: binary operators get exactly one space on both sides.
    private SqlExpr operation(ParserRuleContext expression) {
        List<ParserRuleContext> operands = Holes.of(expression);
        if (!isBinary(expression, operands)) {
            return compound(expression);
        }
        String operator = operator(operands);
        if (operator.equals("AND") || operator.equals("OR")) {
            return chain(expression, operator);
        }
        return Holes.primary(operands.getLast())
                .flatMap(p -> Optional.ofNullable(p.comparison_mod()))
                .map(quantified -> quantified(operands.getFirst(), operator, quantified))
                .orElseGet(() ->
                        new Compound(List.of("", " " + operator + " ", ""), readAll(operands)));
    }

    private static boolean isBinary(
            ParserRuleContext expression, List<ParserRuleContext> operands) {
        return operands.size() == 2
                && SourceText.first(operands.getFirst()) == SourceText.first(expression)
                && SourceText.last(operands.getLast()) == SourceText.last(expression);
    }

    private String operator(List<ParserRuleContext> operands) {
        return source.between(
                SourceText.last(operands.getFirst()) + 1, SourceText.first(operands.getLast()) - 1);
    }

    /// `a AND b AND c ..`, however long: the grammar nests it to the left.
    private SqlExpr chain(ParserRuleContext expression, String operator) {
        Deque<ParserRuleContext> operands = new ArrayDeque<>();
        ParserRuleContext left = expression;
        List<ParserRuleContext> both = Holes.of(left);
        while (isBinary(left, both) && operator(both).equals(operator)) {
            operands.addFirst(both.getLast());
            left = both.getFirst();
            both = Holes.of(left);
        }
        operands.addFirst(left);
        List<String> texts =
                new ArrayList<>(Collections.nCopies(operands.size() + 1, " " + operator + " "));
        texts.set(0, "");
        texts.set(operands.size(), "");
        return new Compound(texts, readAll(List.copyOf(operands)));
    }

    /// `left operator ANY (..)` and `left operator ALL (..)`.
    private SqlExpr quantified(
            ParserRuleContext left, String operator, Comparison_modContext right) {
        if (right.select_stmt_no_parens() != null) {
            Kind kind = right.ALL() == null ? Kind.ANY : Kind.ALL;
            return new SubQuery(
                    kind, compared(left), operator, queries.read(right.select_stmt_no_parens()));
        }
        String opening = " %s %s (".formatted(operator, right.ALL() == null ? "ANY" : "ALL");
        return new Compound(List.of("", opening, ")"), List.of(read(left), read(right.vex())));
    }

    /// The compared columns: the fields of a row, or one expression.
    private List<SqlExpr> compared(ParserRuleContext written) {
        ParserRuleContext left = Holes.withoutParentheses(written);
        if (Holes.isRow(left)) {
            return readAll(Holes.of(left));
        }
        return Holes.primary(left)
                .flatMap(p -> Optional.ofNullable(p.function_call()))
                .flatMap(c -> Optional.ofNullable(c.function_construct()))
                .filter(c -> c.ROW() != null)
                .map(Function_constructContext::vex)
                .map(this::readAll)
                .orElseGet(() -> List.of(read(left)));
    }
}
