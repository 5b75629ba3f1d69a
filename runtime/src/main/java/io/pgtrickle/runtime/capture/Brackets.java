package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.emit.Bracket;
import io.pgtrickle.runtime.capture.Actors.Actor;
import io.pgtrickle.runtime.capture.Family.Member;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// The triggers that mark where the statements on a source begin and end, for the stream tables
/// that follow within the writing transaction. A statement fires the triggers of the table that it
/// names: so they are on all tables that hold the source's rows, and on all above them.
public final class Brackets {
    private final Actors actors;
    private final Bracket sql;

    public Brackets(Actors actors, String suffix) {
        this.actors = actors;
        this.sql = new Bracket(suffix);
    }

    /// Makes functions and triggers.
    ///
    /// @param table the source's OID
    /// @param readers the ids of the stream tables that may have to follow, sources first
    /// @param turns whether writers of any of them come one after the other
    public void require(long table, List<Long> readers, boolean turns) throws SQLException {
        Session session = actors.session();
        session.executeAll(sql.functions(readers, turns));
        List<Member> members = members(table);
        boolean lend = members.stream().anyMatch(it -> it.makesTriggers() == Actor.OWNER);
        if (lend) {
            session.executeAll(sql.lend(actors.owner(), true));
        }
        for (Member member : members) {
            Triggers.creator(actors, member).executeAll(sql.triggers(member.name()));
            if (member.alters() != Actor.NOBODY) {
                actors.as(member.alters()).executeAll(sql.enableAlways(member.name()));
            }
        }
        if (lend) {
            session.executeAll(sql.lend(actors.owner(), false));
        }
    }

    /// Removes functions and triggers.
    public static void release(Session session, String suffix) throws SQLException {
        session.executeAll(new Bracket(suffix).drop());
    }

    /// The tables that miss triggers.
    private List<Member> members(long table) throws SQLException {
        return Family.members(
                actors,
                """
                c.oid IN (
                    WITH RECURSIVE above AS (
                        SELECT m AS oid FROM pgtrickle.family_members(CAST(? AS bigint)::oid) AS m
                        UNION
                        SELECT i.inhparent FROM above a JOIN pg_inherits i ON i.inhrelid = a.oid)
                    SELECT a.oid FROM above a)
                  AND (SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
                       WHERE t.tgrelid = c.oid AND p.pronamespace = 'pgtrickle_changes'::regnamespace
                         AND p.proname = ANY (?)) < 2
                ORDER BY c.oid
                """,
                table,
                new Session.ArrayOf("text", sql.functionNames()));
    }
}
