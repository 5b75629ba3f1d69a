package io.pgtrickle.compiler.emit;

import static io.pgtrickle.compiler.emit.Expressions.WEIGHT;

import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// The change of a stored recursion from the changes of its inputs, by delete and rederive.
///
/// Let `T` be the stored rows, `B` the base and `F` the term, which is linear in the rows of the
/// previous round ([RecursiveTerm#isLinear]). A row is *derived* from a row of `B`, or by `F` from
/// one row.
///
/// 1. `gone`: the rows of `T` that lose a derivation, which is a negative row of `dB` or of
///    `dF(T)`, and what `F` derives from these in `T`. A derivation that `F` has lost is among the
///    first, so the new `F` finds all others.
/// 2. `T - gone` stays: each of its rows has a derivation from rows that stay, without a circle.
/// 3. `seeds`: the rows of `gone` that `B` or `F(T - gone)` still derives, and those that only the
///    changes derive, which are the net positive rows of `dB` and `dF(T - gone)` that were not in
///    `T`.
/// 4. `fresh`: the seeds, and round by round what `F` derives from them and does not stay.
///
/// The change is `fresh - gone`. A bag (UNION ALL) is the same with the number of derivations of
/// each row, as all copies of a row stay or go; there all that `F` derives from the seeds is fresh.
/// Both phases end when the query does: the first stays within `T`, the second within the new
/// result.
///
/// Where much hangs together, as in a graph with circles, one removed row can reach most of `T`,
/// and to derive all of that again costs more than to evaluate the recursion. So the first phase
/// stops after about a tenth of `T`, and then the recursion is evaluated and compared.
///
/// Source: Gupta, Mumick and Subrahmanian, *Maintaining Views Incrementally*, SIGMOD 1993.
final class DeleteAndRederive {
    private static final String TID = "__pgt_tid";

    private final Plan.Recursive recursive;
    private final Storage storage;
    private final String table;
    private final String prefix;
    private final PlanSql now;
    private final List<String> expressions;

    /// @param table the stored rows
    /// @param prefix of the names of all expressions
    /// @param now reads the new state of the inputs
    /// @param expressions the common table expressions of the statement, which are added to
    DeleteAndRederive(
            Plan.Recursive recursive,
            String table,
            String prefix,
            PlanSql now,
            List<String> expressions) {
        this.recursive = recursive;
        this.storage = StateSql.storage(recursive);
        this.table = table;
        this.prefix = prefix;
        this.now = now;
        this.expressions = expressions;
    }

    /// A SELECT for the change.
    ///
    /// A row that the change of the base removes and adds, or that the change of the term removes
    /// and adds for one row of the FROM item, is taken for changed; so the fewer of them the
    /// better.
    ///
    /// @param base a SELECT for the change of the base, if it has changed
    /// @param term if the term has changed: for a FROM item with the columns of the recursion, a
    ///   SELECT for the change of what the term makes of its rows
    String change(Optional<String> base, Optional<UnaryOperator<String>> term) {
        base.ifPresent(it -> define("base", weighted(it, recursive.base())));
        List<String> moved = new ArrayList<>();
        base.ifPresent(_ -> moved.add(weightedFrom("base", "true")));
        term.ifPresent(it -> moved.add(weighted(it.apply(stored("true")), recursive.step())));
        define("moved", String.join("\n  UNION ALL ", moved));
        // Stored rows take at least 40 bytes.
        define(
                "most",
                "SELECT 100 + pg_relation_size(CAST("
                        + Identifier.literal(table)
                        + " AS regclass)) / 800 AS n");
        define("reached", reached());
        define(
                "far",
                "SELECT count(*) > (SELECT n FROM "
                        + named("most")
                        + ") AS far FROM "
                        + named("reached"));
        define("gone", "SELECT * FROM " + named("reached") + " WHERE NOT " + far());
        define(
                "added",
                added(
                        base.isPresent(),
                        term.map(
                                it -> weighted(it.apply(stored(staying("s"))), recursive.step()))));
        define("seeds", seeds());
        define("fresh", fresh());
        define("anew", anew());
        return "SELECT "
                + storage.list()
                + ", 1 AS "
                + WEIGHT
                + " FROM "
                + named("fresh")
                + "\n  UNION ALL SELECT "
                + storage.list()
                + ", -1 FROM "
                + named("gone")
                + "\n  UNION ALL SELECT * FROM "
                + named("anew");
    }

    /// Whether the first phase was stopped.
    private String far() {
        return "(SELECT far FROM " + named("far") + ")";
    }

    /// The difference to the recursion evaluated again, when the first phase was stopped. The
    /// planner takes a limit that it does not know for a tenth of the rows; so many of them keep it
    /// from planning everything else for a change of all rows.
    private String anew() {
        String columns = storage.list() + ", " + WEIGHT;
        String select = RecursionSql.recomputed(recursive, table, now);
        for (int i = 0; i < 4; i++) {
            select =
                    "SELECT "
                            + columns
                            + " FROM ("
                            + select
                            + ") AS i LIMIT (SELECT CASE WHEN NOT far THEN 0 END FROM "
                            + named("far")
                            + ")";
        }
        return select;
    }

    private String named(String expression) {
        return prefix + expression;
    }

    private void define(String expression, String select) {
        expressions.add(named(expression) + " AS (" + select + ")");
    }

    /// The rows of one of the expressions with their weights.
    private String weightedFrom(String expression, String condition) {
        return "SELECT "
                + storage.list()
                + ", "
                + WEIGHT
                + " FROM "
                + named(expression)
                + " WHERE "
                + condition;
    }

    /// A change of base or term as rows of the recursion.
    private String weighted(String select, Plan from) {
        return "SELECT " + converted(from) + ", i." + WEIGHT + " FROM (" + select + ") AS i";
    }

    /// Rows of base or term as rows of the recursion.
    private String rows(String select, Plan from) {
        return "SELECT " + converted(from) + " FROM (" + select + ") AS i";
    }

    private String converted(Plan from) {
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < recursive.output().size(); i++) {
            targets.add(
                    Expressions.converted("i", from.output().get(i), recursive.output().get(i)));
        }
        return String.join(", ", targets);
    }

    /// What the term makes of the rows of a FROM item.
    private String term(String rows) {
        return rows(
                now.readingRound(recursive.number(), rows).select(recursive.step()),
                recursive.step());
    }

    /// A FROM item for stored rows.
    private String stored(String condition) {
        return "(SELECT " + storage.list("s") + " FROM " + table + " AS s WHERE " + condition + ")";
    }

    /// Whether a stored row stays. `NOT IN` is a look-up in a hash and leaves the planner the
    /// table's indexes.
    private String staying(String alias) {
        return alias + ".ctid NOT IN (SELECT g." + TID + " FROM " + named("gone") + " AS g)";
    }

    /// Whether two rows are equal, with a hash before that an index or a hash table has.
    private String same(String left, String leftHash, String right) {
        return leftHash
                + " = "
                + storage.rowId(right)
                + " AND "
                + Expressions.sameKeys(storage.asColumns(), left, right);
    }

    private String sameStored(String right) {
        return same("s", "s." + Storage.ROW_ID, right);
    }

    private String reached() {
        String columns = TID + ", " + storage.list();
        String reaching = named("reaching");
        return "WITH RECURSIVE "
                + reaching
                + "("
                + columns
                + ") AS ("
                + found(
                        "SELECT "
                                + storage.list()
                                + " FROM "
                                + named("moved")
                                + " WHERE "
                                + WEIGHT
                                + " < 0")
                + "\n  UNION "
                + found(term("(SELECT " + storage.list() + " FROM " + reaching + ")"))
                + ") SELECT "
                + columns
                + " FROM "
                + reaching
                + " LIMIT (SELECT n + 1 FROM "
                + named("most")
                + ")";
    }

    private String found(String select) {
        return "SELECT s.ctid, "
                + storage.list("s")
                + " FROM ("
                + select
                + ") AS f JOIN "
                + table
                + " AS s ON "
                + sameStored("f");
    }

    /// The rows that only the changes derive. When nothing goes, the change of what the term makes
    /// of all stored rows is known already, and the other one is not even started.
    private String added(boolean base, Optional<String> staying) {
        String any = "EXISTS (SELECT FROM " + named("gone") + ")";
        List<String> changes = new ArrayList<>();
        changes.add(
                weightedFrom(
                        "moved",
                        staying.isPresent()
                                ? "NOT EXISTS (SELECT FROM " + named("reached") + ")"
                                : "NOT " + far()));
        staying.ifPresent(it -> {
            if (base) {
                changes.add(weightedFrom("base", any));
            }
            changes.add("SELECT * FROM (" + it + ") AS i WHERE " + any);
        });
        String net =
                RekeyedSql.net(storage.asColumns(), String.join("\n  UNION ALL ", changes))
                        + " > 0";
        String head = "SELECT " + storage.list("p") + " FROM (" + net + ") AS p";
        if (recursive.distinct()) {
            return head
                    + " WHERE NOT EXISTS (SELECT FROM "
                    + table
                    + " AS s WHERE "
                    + sameStored("p")
                    + ")";
        }
        return head
                + " "
                + ApplySql.copies("p")
                + " WHERE NOT EXISTS (SELECT FROM "
                + named("gone")
                + " AS s WHERE "
                + same("s", storage.rowId("s"), "p")
                + ")";
    }

    private String seeds() {
        PlanSql staying = now.readingRound(recursive.number(), stored(staying("s")));
        return rows(again(now, recursive.base()), recursive.base())
                + "\n  UNION ALL "
                + rows(again(staying, recursive.step()), recursive.step())
                + "\n  UNION ALL SELECT "
                + storage.list()
                + " FROM "
                + named("added");
    }

    /// The rows of base or term that are among those that went.
    private String again(PlanSql sql, Plan from) {
        List<AffectedRows.Match> matches = new ArrayList<>();
        for (int i = 0; i < from.output().size(); i++) {
            Column key = recursive.output().get(i);
            matches.add(new AffectedRows.Match(from.output().get(i), key.name()));
        }
        return AffectedRows.select(sql, from, matches, named("gone"));
    }

    private String fresh() {
        String derived = named("derived");
        String columns =
                recursive.output().stream()
                        .map(column -> "f." + Identifier.quote(column.name()))
                        .collect(Collectors.joining(", "));
        String condition =
                recursive.distinct()
                        ? " WHERE NOT EXISTS (SELECT FROM "
                                + table
                                + " AS s WHERE "
                                + sameStored("f")
                                + " AND "
                                + staying("s")
                                + ")"
                        : "";
        return "WITH RECURSIVE "
                + derived
                + "("
                + storage.list()
                + ") AS (SELECT "
                + storage.list()
                + " FROM "
                + named("seeds")
                + (recursive.distinct() ? " UNION " : " UNION ALL ")
                + "SELECT "
                + columns
                + " FROM ("
                + term(derived)
                + ") AS f"
                + condition
                + ") SELECT "
                + storage.list()
                + " FROM "
                + derived;
    }
}
