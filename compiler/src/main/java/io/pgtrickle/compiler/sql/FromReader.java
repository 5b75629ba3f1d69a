package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.Query.JoinType;
import io.pgtrickle.compiler.sql.Query.Lateral;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Alias_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.From_itemContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.From_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Names_in_parensContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Schema_qualified_nameContext;

/// Reads FROM items.
final class FromReader {

    private final SourceText source;
    private final ExpressionReader expressions;
    private final QueryReader queries;
    private final RowsReader rows;

    FromReader(SourceText source, ExpressionReader expressions, QueryReader queries) {
        this.source = source;
        this.expressions = expressions;
        this.queries = queries;
        this.rows = new RowsReader(source, expressions);
    }

    FromItem read(From_itemContext item) {
        if (item.from_primary() != null) {
            return primary(item.from_primary());
        }
        if (item.LEFT_PAREN() != null) {
            return parenthesised(item);
        }
        if (item.NATURAL() != null) {
            throw SourceText.problem(item.NATURAL().getSymbol(), "NATURAL JOIN is not canonical");
        }
        return new FromItem.Join(
                type(item),
                read(item.from_item(0)),
                read(item.from_item(1)),
                condition(item),
                Optional.empty(),
                List.of());
    }

    private FromItem parenthesised(From_itemContext item) {
        FromItem inner = read(item.from_item(0));
        if (item.alias_clause() == null) {
            return inner;
        }
        if (inner instanceof FromItem.Join join) {
            return new FromItem.Join(
                    join.type(),
                    join.left(),
                    join.right(),
                    join.condition(),
                    alias(item.alias_clause()),
                    columnAliases(item.alias_clause()));
        }
        throw SourceText.problem(item.getStart(), "only a join may be parenthesised with an alias");
    }

    private static JoinType type(From_itemContext item) {
        if (item.CROSS() != null) {
            return JoinType.CROSS;
        }
        if (item.LEFT() != null) {
            return JoinType.LEFT;
        }
        if (item.RIGHT() != null) {
            return JoinType.RIGHT;
        }
        return item.FULL() != null ? JoinType.FULL : JoinType.INNER;
    }

    private JoinCondition condition(From_itemContext item) {
        if (item.vex() != null) {
            return new JoinCondition.On(expressions.read(item.vex()));
        }
        return item.names_in_parens() == null
                ? new JoinCondition.None()
                : using(item.names_in_parens());
    }

    private JoinCondition using(Names_in_parensContext names) {
        List<Token> aside = source.setAsideAfter(names);
        Optional<String> alias =
                aside.isEmpty()
                        ? Optional.empty()
                        : Optional.of(SourceText.name(SourceText.raw(aside.getLast())));
        return new JoinCondition.Using(
                source.names(names.names_references().schema_qualified_name()), alias);
    }

    private FromItem primary(From_primaryContext item) {
        if (item.schema_qualified_name() != null) {
            return relation(item, item.schema_qualified_name());
        }
        if (item.table_subquery() != null) {
            return subSelect(item);
        }
        if (item.function_call() != null) {
            return rows.function(item, item.function_call());
        }
        return rows.functions(item.from_rows_with_alias());
    }

    private FromItem relation(From_primaryContext item, Schema_qualified_nameContext name) {
        List<String> parts = new ArrayList<>();
        parts.add(source.name(name.identifier()));
        parts.addAll(source.names(name.identifier_reserved()));
        Optional<String> schema =
                parts.size() == 1 ? Optional.empty() : Optional.of(parts.get(parts.size() - 2));
        return new FromItem.Relation(
                schema,
                parts.getLast(),
                alias(item.alias_clause()),
                columnAliases(item.alias_clause()),
                clauses(item));
    }

    private List<Clause> clauses(From_primaryContext item) {
        List<Clause> clauses = new ArrayList<>();
        if (item.ONLY() != null) {
            clauses.add(new Clause("ONLY", "ONLY"));
        }
        if (item.TABLESAMPLE() != null) {
            int start = item.TABLESAMPLE().getSymbol().getTokenIndex();
            clauses.add(new Clause("TABLESAMPLE", source.between(start, SourceText.last(item))));
        }
        return clauses;
    }

    private FromItem subSelect(From_primaryContext item) {
        return new FromItem.SubSelect(
                queries.read(item.table_subquery().select_stmt()),
                alias(item.alias_clause()),
                columnAliases(item.alias_clause()),
                item.LATERAL() == null ? Lateral.NO : Lateral.YES);
    }

    private Optional<String> alias(Alias_clauseContext clause) {
        return Optional.ofNullable(clause).map(c -> source.name((ParserRuleContext) c.alias));
    }

    private List<String> columnAliases(Alias_clauseContext clause) {
        return Optional.ofNullable(clause).map(c -> source.names(c.column_alias)).orElse(List.of());
    }
}
