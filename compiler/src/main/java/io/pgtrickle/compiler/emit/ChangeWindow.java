package io.pgtrickle.compiler.emit;

import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/// Which rows of the change buffers a statement applies.
public sealed interface ChangeWindow {

    /// Those that a stream table has not applied.
    ///
    /// @param frontier its frontier, an SQL expression of type `pg_snapshot`
    record Unapplied(String frontier) implements ChangeWindow {}

    /// Those that the running transaction has captured after a change.
    ///
    /// @param since the number of that change, an SQL expression of type `bigint`
    record Own(String since) implements ChangeWindow {}

    /// Rows that are given, whatever the buffers have: what the running transaction has captured
    /// after a change, read before.
    ///
    /// @param removed the rows removed, an SQL expression: an array of the buffer's row type
    /// @param added the rows added
    record Given(String removed, String added) implements ChangeWindow {}

    /// The only row that a statement has written, in the transition tables of its trigger.
    ///
    /// @param columns the names of the source's columns, quoted, by attribute number
    /// @param removed whether there is `old_rows`
    /// @param added whether there is `new_rows`
    record Written(Map<Integer, String> columns, boolean removed, boolean added)
            implements ChangeWindow {
        public Written {
            columns = Map.copyOf(columns);
        }

        /// A SELECT of the row before, of the row after, or of both where they differ, with weights
        /// and these columns of the buffer.
        String rows(Set<Integer> numbers) {
            if (!added || !removed) {
                return numbers.stream()
                                .map(number ->
                                        value("r", number) + " AS " + PendingChanges.column(number))
                                .collect(
                                        Collectors.joining(
                                                ", ", "SELECT ", numbers.isEmpty() ? "" : ", "))
                        + (added ? "1" : "-1")
                        + " AS "
                        + Expressions.WEIGHT
                        + " FROM "
                        + first(added ? "new_rows" : "old_rows")
                        + " AS r";
            }
            String before = values("o", numbers);
            String after = values("n", numbers);
            String names =
                    numbers.stream()
                            .map(number -> PendingChanges.column(number) + ", ")
                            .collect(Collectors.joining("", "", Expressions.WEIGHT));
            return "SELECT r.* FROM "
                    + first("old_rows")
                    + " AS o CROSS JOIN "
                    + first("new_rows")
                    + " AS n CROSS JOIN LATERAL (VALUES ("
                    + before
                    + "-1), ("
                    + after
                    + "1)) AS r ("
                    + names
                    + ") WHERE record_image_ne(ROW("
                    + before
                    + "1), ROW("
                    + after
                    + "1))";
        }

        /// That there is only one is asked elsewhere. The statement can be planned, once in a
        /// session, when a trigger has many.
        private static String first(String rows) {
            return "(SELECT * FROM " + rows + " LIMIT 1)";
        }

        /// Each with a comma after it.
        private String values(String alias, Set<Integer> numbers) {
            return numbers.stream()
                    .map(number -> value(alias, number) + ", ")
                    .collect(Collectors.joining());
        }

        private String value(String alias, int number) {
            return alias + "." + columns.get(number);
        }
    }

    /// The condition for the buffer rows. `xid >= xmin` is implied by the frontier and there for
    /// the index.
    ///
    /// @throws IllegalStateException for rows that are given or in transition tables
    default String condition(String alias) {
        return switch (this) {
            case Unapplied(String frontier) ->
                    alias
                            + ".xid >= pg_snapshot_xmin("
                            + frontier
                            + ") AND NOT pg_visible_in_snapshot("
                            + alias
                            + ".xid, "
                            + frontier
                            + ")";
            case Given _, Written _ ->
                    throw new IllegalStateException("the rows are not read from a buffer");
            case Own(String since) ->
                    alias + ".xid = pg_current_xact_id() AND " + alias + ".change_id > " + since;
        };
    }
}
