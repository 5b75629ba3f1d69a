package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.Lateral;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.jspecify.annotations.Nullable;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.From_function_column_defContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.From_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.From_rows_with_aliasContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Function_callContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.IdentifierContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Json_columnsContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Json_table_columnContext;

/// Reads the FROM items that are functions: plain ones, ROWS FROM, JSON_TABLE and XMLTABLE.
final class RowsReader {

    private final SourceText source;
    private final ExpressionReader expressions;

    RowsReader(SourceText source, ExpressionReader expressions) {
        this.source = source;
        this.expressions = expressions;
    }

    /// `LATERAL f(..) WITH ORDINALITY alias(columns)`.
    FromItem function(From_primaryContext item, Function_callContext call) {
        Optional<From_function_column_defContext> definitions =
                Optional.ofNullable(item.from_function_column_def());
        List<String> listed =
                source.names(definitions.map(d -> d.column_alias).orElse(item.column_alias));
        List<String> own = ownColumns(call);
        return new FromItem.Rows(
                expressions.compound(call),
                lateral(item.LATERAL()),
                item.ORDINALITY() != null,
                alias(item.alias),
                Stream.concat(listed.stream(), own.stream().skip(listed.size())).toList(),
                definitions.map(this::definitions),
                !own.isEmpty() && listed.isEmpty());
    }

    /// `LATERAL ROWS FROM(f(..), g(..)) WITH ORDINALITY alias(columns)`.
    FromItem functions(From_rows_with_aliasContext item) {
        int start = item.ROWS().getSymbol().getTokenIndex();
        int end = item.RIGHT_PAREN(0).getSymbol().getTokenIndex();
        return new FromItem.Rows(
                expressions.compound(start, end, Holes.of(item)),
                lateral(item.LATERAL()),
                item.ORDINALITY() != null,
                alias(item.alias),
                source.names(item.column_alias),
                Optional.empty(),
                false);
    }

    private static Lateral lateral(@Nullable TerminalNode word) {
        return word == null ? Lateral.NO : Lateral.YES;
    }

    private Optional<String> alias(@Nullable IdentifierContext alias) {
        return Optional.ofNullable((ParserRuleContext) alias).map(source::name);
    }

    private String definitions(From_function_column_defContext list) {
        return source.between(
                list.LEFT_PAREN().getSymbol().getTokenIndex() + 1,
                list.RIGHT_PAREN().getSymbol().getTokenIndex() - 1);
    }

    /// The columns that JSON_TABLE or XMLTABLE declares, in the order of its rows.
    private List<String> ownColumns(Function_callContext call) {
        if (call.json_function() != null && call.json_function().JSON_TABLE() != null) {
            return columns(call.json_function().json_columns()).toList();
        }
        return call.xml_function() == null
                ? List.of()
                : call.xml_function().xml_table_column().stream()
                        .map(column -> source.name((ParserRuleContext) column.name))
                        .toList();
    }

    private Stream<String> columns(Json_columnsContext list) {
        return list.json_table_column().stream().flatMap(this::columns);
    }

    private Stream<String> columns(Json_table_columnContext column) {
        return column.json_columns() == null
                ? Stream.of(source.name(column.vex()))
                : columns(column.json_columns());
    }
}
