package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.CommonTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.antlr.v4.runtime.ParserRuleContext;
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
                concat(inner.trailing(), trailing(endings)));
    }

    private List<SqlExpr> orderBy(List<After_opsContext> endings) {
        return endings.stream()
                .filter(e -> e.orderby_clause() != null)
                .flatMap(e -> expressions.sortItems(e.orderby_clause()).stream())
                .toList();
    }

    private List<Clause> trailing(List<After_opsContext> endings) {
        return endings.stream()
                .filter(e -> e.orderby_clause() == null)
                .map(e -> new Clause(construct(e), source.of(e)))
                .toList();
    }

    private static String construct(After_opsContext ending) {
        if (ending.LIMIT() != null) {
            return "LIMIT";
        }
        if (ending.OFFSET() != null) {
            return "OFFSET";
        }
        return ending.FETCH() != null ? "FETCH FIRST" : lockStrength(ending);
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
                clauses(table));
    }

    private List<Clause> clauses(With_queryContext table) {
        List<Clause> clauses = new ArrayList<>();
        if (table.MATERIALIZED() != null) {
            String marker = table.NOT() == null ? "MATERIALIZED" : "NOT MATERIALIZED";
            clauses.add(new Clause(marker, marker));
        }
        int end = SourceText.last(table);
        int cycle = table.CYCLE() == null ? end + 1 : table.CYCLE().getSymbol().getTokenIndex();
        if (table.SEARCH() != null) {
            int search = table.SEARCH().getSymbol().getTokenIndex();
            clauses.add(new Clause("SEARCH", source.between(search, cycle - 1)));
        }
        if (table.CYCLE() != null) {
            clauses.add(new Clause("CYCLE", source.between(cycle, end)));
        }
        return clauses;
    }

    private static <T> List<T> concat(List<T> first, List<T> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    static Query of(Body body) {
        return new Query(List.of(), false, body, List.of(), List.of());
    }
}
