package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Groupby_clauseContext;
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
    private final GroupingReader groupings;

    SelectReader(SourceText source, ExpressionReader expressions, QueryReader queries) {
        this.source = source;
        this.expressions = expressions;
        this.froms = new FromReader(source, expressions, queries);
        this.groupings = new GroupingReader(source, expressions);
    }

    Body read(Select_primaryContext core) {
        if (core.values_stmt() != null) {
            return values(core.values_stmt());
        }
        if (core.TABLE() != null || core.into_table() != null) {
            throw SourceText.problem(core.getStart(), "not a canonical SELECT");
        }
        Optional<Groupby_clauseContext> groupBy = Optional.ofNullable(core.groupby_clause());
        return new Body.Select(
                distinct(core),
                targets(core),
                core.from_item().stream().map(froms::read).toList(),
                after(SQLParser.WHERE, core).stream().findFirst(),
                groupBy.map(groupings::read).orElse(List.of()),
                after(SQLParser.HAVING, core).stream().findFirst(),
                expressions.windows().named(core),
                groupBy.filter(groupings::isDistinct).isPresent());
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

    private Body values(Values_stmtContext values) {
        return new Body.Values(values.values_values().stream().map(this::row).toList());
    }

    private List<SqlExpr> row(Values_valuesContext row) {
        return row.vex().stream().map(expressions::read).toList();
    }
}
