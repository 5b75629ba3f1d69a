package io.pgtrickle.compiler.sql;

import static java.util.stream.Collectors.joining;

import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Clause;
import io.pgtrickle.compiler.sql.Query.CommonTable;
import io.pgtrickle.compiler.sql.Query.Cycle;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.Query.GroupItem;
import io.pgtrickle.compiler.sql.Query.JoinCondition;
import io.pgtrickle.compiler.sql.Query.Lateral;
import io.pgtrickle.compiler.sql.Query.Limit;
import io.pgtrickle.compiler.sql.Query.NamedWindow;
import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.Search;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Target;
import io.pgtrickle.compiler.sql.Query.Window;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/// Prints a tree back as SQL, for checking that nothing was lost.
final class TestPrinter {

    private TestPrinter() {}

    static String print(Query query) {
        return with(query)
                + body(query.body())
                + list(" ORDER BY ", query.orderBy(), TestPrinter::sortItem, "")
                + query.limit().map(TestPrinter::limit).orElse("")
                + query.trailing().stream().map(c -> " " + c.text()).collect(joining());
    }

    private static String with(Query query) {
        String word = query.recursive() ? "WITH RECURSIVE " : "WITH ";
        return list(word, query.with(), TestPrinter::commonTable, " ");
    }

    private static String limit(Limit limit) {
        String count =
                limit.withTies()
                        ? optional(
                                " FETCH FIRST (",
                                limit.count(),
                                TestPrinter::print,
                                ") ROWS WITH TIES")
                        : optional(" LIMIT ", limit.count(), TestPrinter::operand, "");
        return optional(" OFFSET ", limit.offset(), TestPrinter::operand, "") + count;
    }

    private static String sortItem(SortItem item) {
        return operand(item.expression()) + " " + item.suffix();
    }

    private static String commonTable(CommonTable table) {
        return name(table.name())
                + names(table.columnAliases())
                + " AS"
                + texts(table.clauses(), _ -> true)
                + " ("
                + print(table.query())
                + ")"
                + optional("", table.search(), TestPrinter::search, "")
                + optional("", table.cycle(), TestPrinter::cycle, "");
    }

    private static String search(Search search) {
        return (search.breadthFirst() ? " SEARCH BREADTH FIRST BY " : " SEARCH DEPTH FIRST BY ")
                + list("", search.columns(), TestPrinter::name, "")
                + " SET "
                + name(search.sequenceColumn());
    }

    private static String cycle(Cycle cycle) {
        return " CYCLE "
                + list("", cycle.columns(), TestPrinter::name, "")
                + " SET "
                + name(cycle.markColumn())
                + " TO "
                + print(cycle.markValue())
                + " DEFAULT "
                + print(cycle.markDefault())
                + " USING "
                + name(cycle.pathColumn());
    }

    private static String texts(List<Clause> clauses, Predicate<Clause> which) {
        return clauses.stream().filter(which).map(c -> " " + c.text()).collect(joining());
    }

    private static String body(Body body) {
        return switch (body) {
            case Body.Select select -> select(select);
            case Body.Values values ->
                    list(
                            "VALUES ",
                            values.rows(),
                            row -> list("(", row, TestPrinter::print, ")"),
                            "");
            case Body.SetOperation set ->
                    "(%s) %s %s (%s)"
                            .formatted(
                                    print(set.left()),
                                    set.operator(),
                                    set.multiplicity(),
                                    print(set.right()));
        };
    }

    private static String select(Body.Select select) {
        return "SELECT"
                + distinct(select.distinct())
                + list(" ", select.targets(), TestPrinter::target, "")
                + list(" FROM ", select.from(), TestPrinter::from, "")
                + optional(" WHERE ", select.where(), TestPrinter::print, "")
                + list(
                        select.groupDistinct() ? " GROUP BY DISTINCT " : " GROUP BY ",
                        select.groupBy(),
                        TestPrinter::group,
                        "")
                + optional(" HAVING ", select.having(), TestPrinter::print, "")
                + list(" WINDOW ", select.windows(), TestPrinter::namedWindow, "");
    }

    private static String namedWindow(NamedWindow window) {
        return name(window.name()) + " AS " + window(window.window());
    }

    private static String window(Window window) {
        return "("
                + optional("", window.base(), TestPrinter::name, " ")
                + list("PARTITION BY ", window.partitionBy(), TestPrinter::operand, " ")
                + list("ORDER BY ", window.orderBy(), TestPrinter::sortItem, " ")
                + optional("", window.frame(), TestPrinter::print, "")
                + ")";
    }

    private static String over(Over over) {
        return switch (over) {
            case Over.Named named -> name(named.name());
            case Over.Inline inline -> window(inline.window());
        };
    }

    private static String distinct(Distinct distinct) {
        return switch (distinct) {
            case Distinct.None _ -> "";
            case Distinct.Rows _ -> " DISTINCT";
            case Distinct.On on -> list(" DISTINCT ON (", on.keys(), TestPrinter::print, ")");
        };
    }

    private static String target(Target target) {
        return print(target.expression()) + optional(" AS ", target.alias(), TestPrinter::name, "");
    }

    private static String group(GroupItem item) {
        return switch (item) {
            case GroupItem.Key key -> print(key.expression());
            case GroupItem.Keys keys -> entry(keys.expressions());
            case GroupItem.Empty _ -> "()";
            case GroupItem.Rollup rollup -> entries("ROLLUP (", rollup.entries());
            case GroupItem.Cube cube -> entries("CUBE (", cube.entries());
            case GroupItem.GroupingSets sets ->
                    list("GROUPING SETS (", sets.sets(), TestPrinter::group, ")");
        };
    }

    private static String entries(String before, List<List<SqlExpr>> entries) {
        return list(before, entries, TestPrinter::entry, ")");
    }

    private static String entry(List<SqlExpr> keys) {
        return list("(", keys, TestPrinter::print, ")");
    }

    private static String from(FromItem item) {
        return switch (item) {
            case FromItem.Relation r ->
                    texts(r.clauses(), c -> c.construct().equals("ONLY"))
                            + " "
                            + optional("", r.schema(), TestPrinter::name, ".")
                            + name(r.name())
                            + alias(r.alias(), r.columnAliases())
                            + texts(r.clauses(), c -> !c.construct().equals("ONLY"));
            case FromItem.SubSelect s ->
                    (s.lateral() == Lateral.YES ? "LATERAL (" : "(")
                            + print(s.query())
                            + ")"
                            + alias(s.alias(), s.columnAliases());
            case FromItem.Join j ->
                    "(%s %s JOIN %s%s)%s"
                            .formatted(
                                    from(j.left()),
                                    j.type(),
                                    from(j.right()),
                                    condition(j.condition()),
                                    alias(j.alias(), j.columnAliases()));
            case FromItem.Rows rows ->
                    (rows.lateral() == Lateral.YES ? "LATERAL " : "")
                            + print(rows.item())
                            + (rows.ordinality() ? " WITH ORDINALITY" : "")
                            + optional(" AS ", rows.alias(), TestPrinter::name, "")
                            + columns(rows);
        };
    }

    private static String columns(FromItem.Rows rows) {
        if (rows.namedByItself()) {
            return "";
        }
        return rows.columnDefinitions()
                .map(definitions -> " (" + definitions + ")")
                .orElseGet(() -> names(rows.columns()));
    }

    private static String condition(JoinCondition condition) {
        return switch (condition) {
            case JoinCondition.None _ -> "";
            case JoinCondition.On on -> " ON " + print(on.predicate());
            case JoinCondition.Using using ->
                    " USING"
                            + names(using.columns())
                            + optional(" AS ", using.alias(), TestPrinter::name, "");
        };
    }

    private static String alias(Optional<String> alias, List<String> columns) {
        return optional(" AS ", alias, TestPrinter::name, "") + names(columns);
    }

    static String print(SqlExpr expression) {
        return switch (expression) {
            case SqlExpr.Column column ->
                    optional("", column.qualifier(), TestPrinter::name, ".") + name(column.name());
            case SqlExpr.WholeRow row -> name(row.relation()) + ".*";
            case SqlExpr.Call call -> call(call);
            case SqlExpr.SyntaxAggregate aggregate ->
                    compound(aggregate.text()) + decorations(aggregate.filter(), aggregate.over());
            case SqlExpr.Grouping grouping ->
                    list("GROUPING(", grouping.arguments(), TestPrinter::print, ")");
            case SqlExpr.Compound compound -> compound(compound);
            case SqlExpr.SubQuery subQuery -> subQuery(subQuery);
            case SqlExpr.Unsupported unsupported -> unsupported.text();
        };
    }

    private static String call(SqlExpr.Call call) {
        return optional("", call.schema(), TestPrinter::name, ".")
                + name(call.name())
                + (call.distinct() ? "(DISTINCT " : "(")
                + (call.star() ? "*" : list("", call.arguments(), TestPrinter::print, ""))
                + list(" ORDER BY ", call.orderBy(), TestPrinter::sortItem, "")
                + ")"
                + list(" WITHIN GROUP (ORDER BY ", call.withinGroup(), TestPrinter::sortItem, ")")
                + decorations(call.filter(), call.over());
    }

    private static String decorations(Optional<SqlExpr> filter, Optional<Over> over) {
        return optional(" FILTER (WHERE ", filter, TestPrinter::print, ")")
                + optional(" OVER ", over, TestPrinter::over, "");
    }

    private static String compound(SqlExpr.Compound compound) {
        StringBuilder text = new StringBuilder(compound.texts().getFirst());
        for (int i = 0; i < compound.arguments().size(); i++) {
            text.append(operand(compound.arguments().get(i))).append(compound.texts().get(i + 1));
        }
        return text.toString();
    }

    private static String operand(SqlExpr argument) {
        boolean enclosed =
                argument instanceof SqlExpr.Compound
                        || (argument instanceof SqlExpr.SubQuery sub
                                && sub.kind() != SqlExpr.SubQuery.Kind.SCALAR);
        return enclosed ? "(" + print(argument) + ")" : print(argument);
    }

    private static String subQuery(SqlExpr.SubQuery sub) {
        String query = "(" + print(sub.query()) + ")";
        String left = list("(", sub.left(), TestPrinter::print, ")");
        return switch (sub.kind()) {
            case SCALAR -> query;
            case EXISTS -> "EXISTS " + query;
            case ARRAY -> "ARRAY" + query;
            case ANY, ALL -> left + " " + sub.operator() + " " + sub.kind() + " " + query;
        };
    }

    private static String names(List<String> names) {
        return list(" (", names, TestPrinter::name, ")");
    }

    private static String name(String name) {
        return "\"" + name.replace("\"", "\"\"") + "\"";
    }

    private static <T> String list(
            String before, Collection<T> items, Function<T, String> print, String after) {
        return items.isEmpty()
                ? ""
                : items.stream().map(print).collect(joining(", ", before, after));
    }

    private static <T> String optional(
            String before, Optional<T> item, Function<T, String> print, String after) {
        return item.map(i -> before + print.apply(i) + after).orElse("");
    }
}
