package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.Query.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Groupby_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Grouping_elementContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_sublistContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Values_stmtContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Values_valuesContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.VexContext;

/// Reads SELECT cores and VALUES lists.
final class SelectReader {

    private final SourceText source;
    private final ExpressionReader expressions;
    private final FromReader froms;

    SelectReader(SourceText source, ExpressionReader expressions, QueryReader queries) {
        this.source = source;
        this.expressions = expressions;
        this.froms = new FromReader(source, expressions, queries);
    }

    Body read(Select_primaryContext core) {
        if (core.values_stmt() != null) {
            return values(core.values_stmt());
        }
        if (core.TABLE() != null || core.into_table() != null) {
            throw SourceText.problem(core.getStart(), "not a canonical SELECT");
        }
        return new Body.Select(
                distinct(core),
                targets(core),
                core.from_item().stream().map(froms::read).toList(),
                after(SQLParser.WHERE, core).stream().findFirst(),
                Optional.ofNullable(core.groupby_clause()).map(this::groupBy).orElse(List.of()),
                after(SQLParser.HAVING, core).stream().findFirst(),
                windows(core));
    }

    private Distinct distinct(Select_primaryContext core) {
        if (core.set_qualifier() == null || core.set_qualifier().DISTINCT() == null) {
            return new Distinct.None();
        }
        return core.ON() == null ? new Distinct.Rows() : new Distinct.On(after(SQLParser.ON, core));
    }

    private List<Target> targets(Select_primaryContext core) {
        return core.select_list() == null
                ? List.of()
                : core.select_list().select_sublist().stream().map(this::target).toList();
    }

    private Target target(Select_sublistContext item) {
        SqlExpr expression = expressions.read(item.vex());
        if (item.col_label() != null) {
            return new Target(expression, Optional.of(source.name(item.col_label())));
        }
        return new Target(expression, Optional.ofNullable(item.bare_col_label()).map(source::name));
    }

    /// The expressions of the clause that starts with a keyword.
    private List<SqlExpr> after(int keyword, Select_primaryContext core) {
        List<SqlExpr> found = new ArrayList<>();
        int current = SQLParser.SELECT;
        for (ParseTree child : core.children) {
            if (child instanceof TerminalNode word && startsClause(word.getSymbol().getType())) {
                current = word.getSymbol().getType();
            } else if (child instanceof VexContext expression && current == keyword) {
                found.add(expressions.read(expression));
            }
        }
        return found;
    }

    private static boolean startsClause(int type) {
        return type == SQLParser.ON || type == SQLParser.WHERE || type == SQLParser.HAVING;
    }

    private List<GroupItem> groupBy(Groupby_clauseContext clause) {
        List<Grouping_elementContext> elements = clause.grouping_element_list().grouping_element();
        int afterBy = clause.BY().getSymbol().getTokenIndex() + 1;
        String written = source.between(afterBy, SourceText.last(clause));
        return isDistinct(clause, afterBy)
                ? List.of(new GroupItem.Sets(new Clause("GROUP BY DISTINCT", written)))
                : elements.stream().map(this::groupItem).toList();
    }

    /// DISTINCT was set aside, so it stands between BY and the first element.
    private boolean isDistinct(Groupby_clauseContext clause, int afterBy) {
        return !source.between(afterBy, SourceText.first(clause.grouping_element_list()) - 1)
                .isEmpty();
    }

    private GroupItem groupItem(Grouping_elementContext element) {
        return element.vex() == null || isGroupingCall(element)
                ? new GroupItem.Sets(new Clause(construct(element), source.of(element)))
                : new GroupItem.Key(expressions.read(element.vex()));
    }

    /// The grammar may take `CUBE (..)` and `ROLLUP (..)` for function calls; PostgreSQL quotes
    /// functions so named.
    private static boolean isGroupingCall(Grouping_elementContext element) {
        int type = element.getStart().getType();
        boolean closed = element.getStop().getType() == SQLParser.RIGHT_PAREN;
        return (type == SQLParser.CUBE || type == SQLParser.ROLLUP) && closed;
    }

    private static String construct(Grouping_elementContext element) {
        return switch (element.getStart().getType()) {
            case SQLParser.ROLLUP -> "ROLLUP";
            case SQLParser.CUBE -> "CUBE";
            case SQLParser.GROUPING -> "GROUPING SETS";
            default -> "()";
        };
    }

    private List<Clause> windows(Select_primaryContext core) {
        return IntStream.range(0, core.window_definition().size())
                .mapToObj(i ->
                        new Clause(
                                "WINDOW",
                                source.between(
                                        SourceText.first(core.identifier(i)),
                                        SourceText.last(core.window_definition(i)))))
                .toList();
    }

    private Body values(Values_stmtContext values) {
        return new Body.Values(values.values_values().stream().map(this::row).toList());
    }

    private List<SqlExpr> row(Values_valuesContext row) {
        return row.vex().stream().map(expressions::read).toList();
    }
}
