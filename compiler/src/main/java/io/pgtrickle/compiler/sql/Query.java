package io.pgtrickle.compiler.sql;

import java.util.List;
import java.util.Optional;

/// A SELECT statement as PostgreSQL prints it back: every name resolved, every star expanded.
///
/// Immutable. Constructs that the compiler has no structure for are kept as [Clause]s with their
/// text, so that nothing of the query is ever silently dropped.
///
/// Sort items are as in [SqlExpr.Call]; below a set operation PostgreSQL prints them as column
/// numbers.
public record Query(
        List<CommonTable> with,
        boolean recursive,
        Body body,
        List<SqlExpr> orderBy,
        List<Clause> trailing) {

    public Query {
        with = List.copyOf(with);
        orderBy = List.copyOf(orderBy);
        trailing = List.copyOf(trailing);
    }

    /// A WITH entry. `clauses` holds MATERIALIZED markers, SEARCH and CYCLE.
    public record CommonTable(
            String name, List<String> columnAliases, Query query, List<Clause> clauses) {
        public CommonTable {
            columnAliases = List.copyOf(columnAliases);
            clauses = List.copyOf(clauses);
        }
    }

    /// A construct kept as text: its SQL name for messages (`LIMIT`, `FOR UPDATE`, `TABLESAMPLE`)
    /// and its source.
    public record Clause(String construct, String text) {}

    /// What stands between WITH and ORDER BY.
    public sealed interface Body {
        /// A SELECT core. `windows` are WINDOW clause definitions.
        record Select(
                Distinct distinct,
                List<Target> targets,
                List<FromItem> from,
                Optional<SqlExpr> where,
                List<GroupItem> groupBy,
                Optional<SqlExpr> having,
                List<Clause> windows)
                implements Body {
            public Select {
                targets = List.copyOf(targets);
                from = List.copyOf(from);
                groupBy = List.copyOf(groupBy);
                windows = List.copyOf(windows);
            }
        }

        /// `left op [ALL] right`.
        record SetOperation(Operator operator, Multiplicity multiplicity, Query left, Query right)
                implements Body {
            /// The set operators of SQL.
            public enum Operator {
                UNION,
                INTERSECT,
                EXCEPT
            }

            /// Whether duplicates are kept.
            public enum Multiplicity {
                ALL,
                DISTINCT
            }
        }

        /// `VALUES (..), (..)`.
        record Values(List<List<SqlExpr>> rows) implements Body {
            public Values {
                rows = rows.stream().map(List::copyOf).toList();
            }
        }
    }

    /// The DISTINCT of a SELECT.
    public sealed interface Distinct {
        /// No DISTINCT.
        record None() implements Distinct {}

        /// `DISTINCT`.
        record Rows() implements Distinct {}

        /// `DISTINCT ON (keys)`.
        record On(List<SqlExpr> keys) implements Distinct {
            public On {
                keys = List.copyOf(keys);
            }
        }
    }

    /// An output column. The alias is present unless PostgreSQL left it out (a plain column keeps
    /// its name).
    public record Target(SqlExpr expression, Optional<String> alias) {}

    /// An entry of GROUP BY.
    public sealed interface GroupItem {
        /// A plain grouping expression.
        record Key(SqlExpr expression) implements GroupItem {}

        /// `()`, `GROUPING SETS`, `CUBE`, `ROLLUP`: kept as text.
        record Sets(Clause clause) implements GroupItem {}
    }

    /// An entry of FROM.
    public sealed interface FromItem {
        /// A relation, by schema and name. `clauses` may hold `ONLY` and `TABLESAMPLE`.
        record Relation(
                Optional<String> schema,
                String name,
                Optional<String> alias,
                List<String> columnAliases,
                List<Clause> clauses)
                implements FromItem {
            public Relation {
                columnAliases = List.copyOf(columnAliases);
                clauses = List.copyOf(clauses);
            }
        }

        /// `(SELECT ...) alias(columns)`.
        record SubSelect(
                Query query, Optional<String> alias, List<String> columnAliases, Lateral lateral)
                implements FromItem {
            public SubSelect {
                columnAliases = List.copyOf(columnAliases);
            }
        }

        /// `left JOIN right`. `alias` is present for `(a JOIN b) AS alias`.
        record Join(
                JoinType type,
                FromItem left,
                FromItem right,
                JoinCondition condition,
                Optional<String> alias,
                List<String> columnAliases)
                implements FromItem {
            public Join {
                columnAliases = List.copyOf(columnAliases);
            }
        }

        /// A function call, ROWS FROM, JSON_TABLE, XMLTABLE and the like: kept as text, which is
        /// the whole item from LATERAL to the alias with its columns. `alias` repeats the alias's
        /// value.
        record Other(Clause clause, Optional<String> alias) implements FromItem {}
    }

    /// Whether a FROM item may refer to its left neighbours.
    public enum Lateral {
        YES,
        NO
    }

    /// The kinds of join.
    public enum JoinType {
        INNER,
        LEFT,
        RIGHT,
        FULL,
        CROSS
    }

    /// The condition of a join.
    public sealed interface JoinCondition {
        /// No condition: CROSS JOIN.
        record None() implements JoinCondition {}

        /// `ON predicate`.
        record On(SqlExpr predicate) implements JoinCondition {}

        /// `USING (columns) [AS alias]`. NATURAL arrives as USING.
        record Using(List<String> columns, Optional<String> alias) implements JoinCondition {
            public Using {
                columns = List.copyOf(columns);
            }
        }
    }
}
