package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.CommonTable;
import io.pgtrickle.compiler.sql.Query.Cycle;
import io.pgtrickle.compiler.sql.Query.Limit;
import io.pgtrickle.compiler.sql.Query.Search;
import io.pgtrickle.compiler.sql.Query.SortItem;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.After_opsContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_stmtContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_stmt_no_parensContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.With_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.With_queryContext;

/// Reads whole statements: WITH, the body, ORDER BY and what follows it.
final class QueryReader {

    private final SourceText source;
    private final ExpressionReader expressions;
    private final SelectReader selects;

    QueryReader(SourceText source) {
        this.source = source;
        this.expressions = new ExpressionReader(source, this);
        this.selects = new SelectReader(source, expressions, this);
    }

    Query read(Select_stmtContext statement) {
        return statement(statement.with_clause(), statement.select_ops(), statement.after_ops());
    }

    Query read(Select_stmt_no_parensContext statement) {
        return statement(
                statement.with_clause(), statement.select_ops_no_parens(), statement.after_ops());
    }

    Query read(Select_primaryContext core) {
        return of(selects.read(core));
    }

    private Query statement(
            With_clauseContext withClause,
            ParserRuleContext operations,
            List<After_opsContext> endings) {
        Optional<With_clauseContext> with = Optional.ofNullable(withClause);
        Query inner = new SetOperations(this).read(operations);
        List<CommonTable> tables = with.map(this::commonTables).orElse(List.of());
        boolean recursive = with.filter(w -> w.RECURSIVE() != null).isPresent();
        return new Query(
                concat(tables, inner.with()),
                recursive || inner.recursive(),
                inner.body(),
                concat(inner.orderBy(), orderBy(endings)),
                limit(endings, inner.limit()),
                concat(inner.trailing(), locks(endings)));
    }

    private List<SortItem> orderBy(List<After_opsContext> endings) {
        return endings.stream()
                .filter(e -> e.orderby_clause() != null)
                .flatMap(e -> expressions.windows().sortItems(e.orderby_clause()).stream())
                .toList();
    }

    private Optional<Limit> limit(List<After_opsContext> endings, Optional<Limit> inner) {
        Optional<SqlExpr> count = inner.flatMap(Limit::count);
        Optional<SqlExpr> offset = inner.flatMap(Limit::offset);
        boolean withTies = inner.filter(Limit::withTies).isPresent();
        for (After_opsContext ending : endings) {
            if (ending.LIMIT() != null || ending.FETCH() != null) {
                count = only(ending, count, count(ending));
                withTies |= ending.TIES() != null;
            } else if (ending.OFFSET() != null) {
                offset = only(ending, offset, Optional.of(expressions.read(ending.vex())));
            }
        }
        return count.isEmpty() && offset.isEmpty()
                ? Optional.empty()
                : Optional.of(new Limit(count, offset, withTies));
    }

    private static Optional<SqlExpr> only(
            After_opsContext ending, Optional<SqlExpr> first, Optional<SqlExpr> second) {
        if (first.isPresent() && second.isPresent()) {
            throw SourceText.problem(ending.getStart(), "the rows are limited twice");
        }
        return first.or(() -> second);
    }

    /// FETCH FIRST ROW is one row; LIMIT ALL and LIMIT NULL are no limit.
    private Optional<SqlExpr> count(After_opsContext ending) {
        if (ending.vex() == null) {
            return ending.ALL() == null ? Optional.of(SqlExpr.text("1")) : Optional.empty();
        }
        return source.of(ending.vex()).equalsIgnoreCase("NULL")
                ? Optional.empty()
                : Optional.of(expressions.read(ending.vex()));
    }

    private List<Clause> locks(List<After_opsContext> endings) {
        return endings.stream()
                .filter(ending -> ending.FOR() != null)
                .map(ending -> new Clause(lockStrength(ending), source.of(ending)))
                .toList();
    }

    private static String lockStrength(After_opsContext ending) {
        if (ending.UPDATE() != null) {
            return ending.NO() != null ? "FOR NO KEY UPDATE" : "FOR UPDATE";
        }
        return ending.KEY() != null ? "FOR KEY SHARE" : "FOR SHARE";
    }

    private List<CommonTable> commonTables(With_clauseContext with) {
        return with.with_query().stream().map(this::commonTable).toList();
    }

    private CommonTable commonTable(With_queryContext table) {
        Select_stmtContext statement =
                Optional.ofNullable(table.data_statement().select_stmt())
                        .orElseThrow(() ->
                                SourceText.problem(
                                        table.getStart(),
                                        "a WITH query of a view must be a SELECT"));
        return new CommonTable(
                source.name(table.query_name),
                source.names(table.column_name),
                read(statement),
                markers(table),
                search(table),
                cycle(table));
    }

    private static List<Clause> markers(With_queryContext table) {
        if (table.MATERIALIZED() == null) {
            return List.of();
        }
        String marker = table.NOT() == null ? "MATERIALIZED" : "NOT MATERIALIZED";
        return List.of(new Clause(marker, marker));
    }

    private Optional<Search> search(With_queryContext table) {
        if (table.SEARCH() == null) {
            return Optional.empty();
        }
        List<String> names = namesBetween(table, table.SEARCH(), table.CYCLE());
        return Optional.of(
                new Search(
                        table.BREADTH() != null,
                        names.subList(0, names.size() - 1),
                        names.getLast()));
    }

    private Optional<Cycle> cycle(With_queryContext table) {
        if (table.CYCLE() == null) {
            return Optional.empty();
        }
        List<String> names = namesBetween(table, table.CYCLE(), null);
        List<SqlExpr> marks = expressions.readAll(table.vex());
        return Optional.of(
                new Cycle(
                        names.subList(0, names.size() - 2),
                        names.get(names.size() - 2),
                        marks.isEmpty() ? SqlExpr.text("true") : marks.getFirst(),
                        marks.isEmpty() ? SqlExpr.text("false") : marks.getLast(),
                        names.getLast()));
    }

    /// The names after one keyword and, if there is a second, before that.
    private List<String> namesBetween(
            With_queryContext table, TerminalNode from, @Nullable TerminalNode to) {
        int start = from.getSymbol().getTokenIndex();
        int end = to == null ? SourceText.last(table) : to.getSymbol().getTokenIndex();
        return table.identifier().stream()
                .filter(name -> SourceText.first(name) > start && SourceText.first(name) <= end)
                .map(source::name)
                .toList();
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    static Query of(Body body) {
        return new Query(List.of(), false, body, List.of(), Optional.empty(), List.of());
    }
}
