package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.SqlExpr.Call;
import io.pgtrickle.compiler.sql.SqlExpr.SyntaxAggregate;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.antlr.v4.runtime.ParserRuleContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Function_callContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Orderby_clauseContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Schema_qualified_name_nontypeContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Vex_or_named_notationContext;

/// Reads function calls.
final class CallReader {

    /// Aggregates with a grammar of their own. PostgreSQL quotes functions of a user with these
    /// names.
    private static final Set<String> SYNTAX_AGGREGATES = Set.of("JSON_ARRAYAGG", "JSON_OBJECTAGG");

    private final SourceText source;
    private final ExpressionReader expressions;
    private final WindowReader windows;

    CallReader(SourceText source, ExpressionReader expressions, WindowReader windows) {
        this.source = source;
        this.expressions = expressions;
        this.windows = windows;
    }

    SqlExpr read(Function_callContext call) {
        if (call.function_construct() != null && call.function_construct().GROUPING() != null) {
            return new SqlExpr.Grouping(expressions.readAll(call.function_construct().vex()));
        }
        Optional<Schema_qualified_name_nontypeContext> name =
                Optional.ofNullable(call.schema_qualified_name_nontype());
        if (name.isEmpty()) {
            return expressions.compound(call);
        }
        String written = source.of(name.get()).toUpperCase(Locale.ROOT);
        return SYNTAX_AGGREGATES.contains(written)
                ? syntaxAggregate(written, call)
                : call(name.get(), call);
    }

    private SqlExpr syntaxAggregate(String name, Function_callContext call) {
        int end = call.RIGHT_PAREN(0).getSymbol().getTokenIndex();
        List<ParserRuleContext> holes =
                Holes.of(call).stream().filter(hole -> SourceText.last(hole) < end).toList();
        return new SyntaxAggregate(
                name,
                expressions.compound(SourceText.first(call), end, holes),
                filter(call),
                over(call));
    }

    private Call call(Schema_qualified_name_nontypeContext name, Function_callContext call) {
        List<Vex_or_named_notationContext> arguments = call.vex_or_named_notation();
        boolean star = arguments.size() == 1 && source.of(arguments.getFirst()).equals("*");
        return new Call(
                Optional.ofNullable(name.schema).map(source::name),
                name(name),
                star ? List.of() : arguments.stream().map(this::argument).toList(),
                star,
                call.set_qualifier() != null && call.set_qualifier().DISTINCT() != null,
                orderBy(call, false),
                filter(call),
                over(call),
                orderBy(call, true));
    }

    private Optional<SqlExpr> filter(Function_callContext call) {
        return Optional.ofNullable(call.filter_clause()).map(f -> expressions.read(f.vex()));
    }

    private String name(Schema_qualified_name_nontypeContext name) {
        ParserRuleContext last =
                name.schema == null
                        ? name.identifier_nontype()
                        : name.identifier_reserved_nontype();
        return source.name(last);
    }

    /// `VARIADIC x` and `name => x` keep their decoration as text.
    private SqlExpr argument(Vex_or_named_notationContext argument) {
        return argument.getChildCount() == 1
                ? expressions.read(argument.vex())
                : expressions.compound(argument);
    }

    /// The ORDER BY among the arguments, or the one of WITHIN GROUP.
    private List<SortItem> orderBy(Function_callContext call, boolean withinGroup) {
        return call.orderby_clause().stream()
                .filter(clause -> withinGroup == isWithinGroup(call, clause))
                .findFirst()
                .map(windows::sortItems)
                .orElse(List.of());
    }

    private static boolean isWithinGroup(Function_callContext call, Orderby_clauseContext clause) {
        return call.WITHIN() != null
                && SourceText.first(clause) > call.WITHIN().getSymbol().getTokenIndex();
    }

    private Optional<Over> over(Function_callContext call) {
        return call.window_definition() == null
                ? Optional.ofNullable(call.identifier()).map(source::name).map(Over.Named::new)
                : Optional.of(new Over.Inline(windows.read(call.window_definition())));
    }
}
