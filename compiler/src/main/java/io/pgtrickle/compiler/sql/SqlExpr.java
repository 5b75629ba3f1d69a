package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.SortItem;
import java.util.List;
import java.util.Optional;

/// A scalar expression of a canonical query.
///
/// Only what the compiler must understand has structure: columns, function calls (any may be an
/// aggregate), window calls, GROUPING and sub-queries. Everything else is a [Compound]: fixed text
/// with holes for sub-expressions, so that every expression PostgreSQL has passes through
/// unchanged. Parentheses are not kept: whoever prints puts them back.
public sealed interface SqlExpr {

    /// A column, `qualifier.name` or `name`. Names are unquoted values, exactly as in the catalog.
    record Column(Optional<String> qualifier, String name) implements SqlExpr {}

    /// A whole row used as a value: `t.*` or a bare relation alias with a qualifier of none.
    record WholeRow(String relation) implements SqlExpr {}

    /// `name(arguments)` with the decorations that aggregates and window functions may have.
    /// `schema` is absent for functions of `pg_catalog`. `star` stands for `count(*)`. Functions
    /// with a grammar of their own (`EXTRACT`, `COALESCE`, `GREATEST`, JSON constructors) are not
    /// calls but [Compound]s or [SyntaxAggregate]s.
    ///
    /// Arguments stand as they are, without parentheses around them: an argument may be `VARIADIC
    /// x` or `name => x`.
    record Call(
            Optional<String> schema,
            String name,
            List<SqlExpr> arguments,
            boolean star,
            boolean distinct,
            List<SortItem> orderBy,
            Optional<SqlExpr> filter,
            Optional<Over> over,
            List<SortItem> withinGroup)
            implements SqlExpr {
        public Call {
            arguments = List.copyOf(arguments);
            orderBy = List.copyOf(orderBy);
            withinGroup = List.copyOf(withinGroup);
        }
    }

    /// An aggregate with a grammar of its own: `JSON_ARRAYAGG` or `JSON_OBJECTAGG`. `text` is all
    /// of it up to its closing parenthesis, its own ORDER BY and RETURNING too.
    record SyntaxAggregate(
            String name, Compound text, Optional<SqlExpr> filter, Optional<Over> over)
            implements SqlExpr {}

    /// `GROUPING(a, b)`: which of the grouping expressions the current grouping set leaves out.
    record Grouping(List<SqlExpr> arguments) implements SqlExpr {
        public Grouping {
            arguments = List.copyOf(arguments);
        }
    }

    /// Text with holes: `texts` has one entry more than `arguments`, and the expression reads
    /// `texts[0] arguments[0] texts[1] ... texts[n]`. A literal has no arguments. The texts hold
    /// their own spaces (`a + b` is `["", " + ", ""]`), and no identifier that names a column or
    /// relation of the query.
    record Compound(List<String> texts, List<SqlExpr> arguments) implements SqlExpr {
        public Compound {
            texts = List.copyOf(texts);
            arguments = List.copyOf(arguments);
            if (texts.size() != arguments.size() + 1) {
                throw new IllegalArgumentException("texts must enclose the arguments");
            }
        }
    }

    /// A sub-query in an expression: `EXISTS (..)`, `x IN (..)`, `x op ANY (..)`, `x op ALL (..)`,
    /// `ARRAY(..)` or a scalar one. `operator` is the comparison for ANY and ALL (`=` for IN) and
    /// empty otherwise; `left` has one entry a compared column.
    record SubQuery(Kind kind, List<SqlExpr> left, String operator, Query query)
            implements SqlExpr {
        public SubQuery {
            left = List.copyOf(left);
        }

        /// The forms a sub-query takes.
        public enum Kind {
            SCALAR,
            EXISTS,
            ANY,
            ALL,
            ARRAY
        }
    }

    /// An expression that the compiler cannot take apart, with the SQL name of its construct for
    /// messages.
    record Unsupported(String construct, String text) implements SqlExpr {}

    /// The text of a constant or of any expression without columns in it.
    static SqlExpr text(String text) {
        return new Compound(List.of(text), List.of());
    }
}
