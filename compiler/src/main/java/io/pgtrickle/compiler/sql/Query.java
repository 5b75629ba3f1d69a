package io.pgtrickle.compiler.sql;

import java.util.List;
import java.util.Optional;

/// A SELECT statement as PostgreSQL prints it back: every name resolved, every star expanded.
///
/// Immutable. Constructs that the compiler has no structure for are kept as [Clause]s with their
/// text, so that nothing of the query is ever silently dropped. `limit` is absent where nothing is
/// limited; `trailing` holds the locking clauses.
public record Query(
        List<CommonTable> with,
        boolean recursive,
        Body body,
        List<SortItem> orderBy,
        Optional<Limit> limit,
        List<Clause> trailing) {

    public Query {
        with = List.copyOf(with);
        orderBy = List.copyOf(orderBy);
        trailing = List.copyOf(trailing);
    }

    /// A WITH entry. `clauses` holds MATERIALIZED markers.
    public record CommonTable(
            String name,
            List<String> columnAliases,
            Query query,
            List<Clause> clauses,
            Optional<Search> search,
            Optional<Cycle> cycle) {
        public CommonTable {
            columnAliases = List.copyOf(columnAliases);
            clauses = List.copyOf(clauses);
        }
    }

    /// `SEARCH BREADTH|DEPTH FIRST BY columns SET sequenceColumn`.
    public record Search(boolean breadthFirst, List<String> columns, String sequenceColumn) {
        public Search {
            columns = List.copyOf(columns);
        }
    }

    /// `CYCLE columns SET markColumn TO markValue DEFAULT markDefault USING pathColumn`. The values
    /// are `true` and `false` where the text has none.
    public record Cycle(
            List<String> columns,
            String markColumn,
            SqlExpr markValue,
            SqlExpr markDefault,
            String pathColumn) {
        public Cycle {
            columns = List.copyOf(columns);
        }
    }

    /// An entry of ORDER BY. `suffix` is what follows the expression (`DESC NULLS LAST`, `USING
    /// OPERATOR(pg_catalog.>)`), or empty. In the ORDER BY of a set operation PostgreSQL prints
    /// column numbers.
    public record SortItem(SqlExpr expression, String suffix) {}

    /// How many rows are returned: LIMIT, or FETCH FIRST with its ties, after the first `offset`
    /// ones. Without a `count` there is no bound (`LIMIT ALL`).
    public record Limit(Optional<SqlExpr> count, Optional<SqlExpr> offset, boolean withTies) {}

    /// `name AS (window)` of a WINDOW clause.
    public record NamedWindow(String name, Window window) {}

    /// A window definition. `base` is the named window that it extends. `frame` is the text of the
    /// frame clause (`ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES`) with its offsets as
    /// holes.
    public record Window(
            Optional<String> base,
            List<SqlExpr> partitionBy,
            List<SortItem> orderBy,
            Optional<SqlExpr> frame) {
        public Window {
            partitionBy = List.copyOf(partitionBy);
            orderBy = List.copyOf(orderBy);
        }
    }

    /// What follows OVER.
    public sealed interface Over {
        /// `OVER name`.
        record Named(String name) implements Over {}

        /// `OVER (window)`.
        record Inline(Window window) implements Over {}
    }

    /// A construct kept as text: its SQL name for messages (`FOR UPDATE`, `TABLESAMPLE`) and its
    /// source.
    public record Clause(String construct, String text) {}

    /// What stands between WITH and ORDER BY.
    public sealed interface Body {
        /// A SELECT core. `windows` is the WINDOW clause; `groupDistinct` tells GROUP BY DISTINCT.
        record Select(
                Distinct distinct,
                List<Target> targets,
                List<FromItem> from,
                Optional<SqlExpr> where,
                List<GroupItem> groupBy,
                Optional<SqlExpr> having,
                List<NamedWindow> windows,
                boolean groupDistinct)
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

        /// `(a, b)`: several expressions that are one entry.
        record Keys(List<SqlExpr> expressions) implements GroupItem {
            public Keys {
                expressions = List.copyOf(expressions);
            }
        }

        /// `()`: one group of all rows.
        record Empty() implements GroupItem {}

        /// `ROLLUP(a, (b, c))`: an inner list for each entry.
        record Rollup(List<List<SqlExpr>> entries) implements GroupItem {
            public Rollup {
                entries = entries.stream().map(List::copyOf).toList();
            }
        }

        /// `CUBE(a, (b, c))`: an inner list for each entry.
        record Cube(List<List<SqlExpr>> entries) implements GroupItem {
            public Cube {
                entries = entries.stream().map(List::copyOf).toList();
            }
        }

        /// `GROUPING SETS (..)`.
        record GroupingSets(List<GroupItem> sets) implements GroupItem {
            public GroupingSets {
                sets = List.copyOf(sets);
            }
        }
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

        /// The rows of a function, of ROWS FROM, JSON_TABLE or XMLTABLE. `item` is the text of it
        /// with holes for all expressions, without LATERAL, WITH ORDINALITY and alias.
        ///
        /// `columns` are the names after the alias, or those of `columnDefinitions`, the text
        /// between the parentheses of `AS alias(a integer, b text)`. JSON_TABLE and XMLTABLE name
        /// their columns in `item`: then `columns` are these, nested ones in their place, and
        /// `namedByItself` tells that no list follows the alias.
        record Rows(
                SqlExpr item,
                Lateral lateral,
                boolean ordinality,
                Optional<String> alias,
                List<String> columns,
                Optional<String> columnDefinitions,
                boolean namedByItself)
                implements FromItem {
            public Rows {
                columns = List.copyOf(columns);
            }
        }
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
