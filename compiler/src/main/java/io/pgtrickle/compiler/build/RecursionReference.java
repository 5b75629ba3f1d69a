package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import io.pgtrickle.compiler.sql.Query.Distinct;
import io.pgtrickle.compiler.sql.Query.FromItem;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// The place in a recursive term where it reads the recursion.
///
/// @param table the recursion's name
/// @param construct the clause that it is needed for, for messages
record RecursionReference(String table, String construct) {

    /// Expressions without columns.
    static final ExpressionBuilder.Meaning CONSTANT =
            new ExpressionBuilder.Meaning() {
                @Override
                public Expr column(SqlExpr.Column column) {
                    throw notConstant();
                }

                @Override
                public Expr wholeRow(SqlExpr.WholeRow row) {
                    throw notConstant();
                }

                @Override
                public Expr subQuery(SqlExpr.SubQuery sub) {
                    throw notConstant();
                }

                private UnsupportedConstruct notConstant() {
                    return new UnsupportedConstruct("CYCLE", "A mark of CYCLE is not a constant.");
                }
            };

    /// A recursive term that shows more columns of the rows it reads, and leaves out those whose
    /// mark has the value `stop`.
    ///
    /// @param more hidden columns of the recursion; the mark is the last of them
    Query extended(Query term, List<String> more, Optional<SqlExpr> stop) {
        if (!(term.body() instanceof Body.Select select)
                || !(select.distinct() instanceof Distinct.None)
                || !select.groupBy().isEmpty()
                || select.having().isPresent()) {
            throw new UnsupportedConstruct(
                    construct, "The recursive term is no plain SELECT: its rows are grouped.");
        }
        String qualifier =
                select.from().stream()
                        .flatMap(this::qualifier)
                        .findFirst()
                        .orElseThrow(() ->
                                new UnsupportedConstruct(
                                        construct,
                                        "The recursive term reads the recursion in a sub-select."));
        if (select.toString().contains("WholeRow[relation=" + qualifier + "]")) {
            throw new UnsupportedConstruct(
                    construct, "The recursive term uses a whole row of the recursion.");
        }
        List<Query.Target> targets = new ArrayList<>(select.targets());
        more.forEach(
                name -> targets.add(new Query.Target(column(qualifier, name), Optional.of(name))));
        Optional<SqlExpr> going =
                stop.map(it ->
                        new SqlExpr.Compound(
                                List.of("", " <> ", ""),
                                List.of(column(qualifier, more.getLast()), it)));
        Body.Select extended =
                new Body.Select(
                        select.distinct(),
                        targets,
                        select.from(),
                        Stream.concat(select.where().stream(), going.stream())
                                .reduce((one, other) ->
                                        new SqlExpr.Compound(
                                                List.of("", " AND ", ""), List.of(one, other))),
                        select.groupBy(),
                        select.having(),
                        select.windows(),
                        select.groupDistinct());
        return new Query(
                term.with(),
                term.recursive(),
                extended,
                term.orderBy(),
                term.limit(),
                term.trailing());
    }

    private static SqlExpr column(String qualifier, String name) {
        return new SqlExpr.Column(Optional.of(qualifier), name);
    }

    /// What the recursion's columns are qualified by, if it is read in that item.
    private Stream<String> qualifier(FromItem item) {
        return switch (item) {
            case FromItem.Relation relation
                    when relation.schema().isEmpty() && relation.name().equals(table) ->
                    Stream.of(relation.alias().orElse(table));
            case FromItem.Join join ->
                    Stream.concat(qualifier(join.left()), qualifier(join.right()))
                            .map(it -> join.alias().orElse(it));
            case FromItem.Relation _, FromItem.SubSelect _, FromItem.Rows _ -> Stream.empty();
        };
    }
}
