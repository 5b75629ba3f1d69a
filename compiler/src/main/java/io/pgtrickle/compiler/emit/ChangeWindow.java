package io.pgtrickle.compiler.emit;

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

    /// The condition for the buffer rows. `xid >= xmin` is implied by the frontier and there for
    /// the index.
    ///
    /// @throws IllegalStateException for rows that are given
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
            case Given _ -> throw new IllegalStateException("the rows are not read from a buffer");
            case Own(String since) ->
                    alias + ".xid = pg_current_xact_id() AND " + alias + ".change_id > " + since;
        };
    }
}
