package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.Level;
import io.pgtrickle.runtime.capture.Family.Member;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The capture triggers on the tables of a family.
final class Triggers {
    private static final String TRUNCATE = "trunc";
    private static final String MOVE = "move";

    private final Session session;
    private final CaptureSql sql;

    Triggers(Session session, CaptureSql sql) {
        this.session = session;
        this.sql = sql;
    }

    /// A trigger that calls one of the source's functions.
    private record Present(long table, String name, String tableName, boolean owned) {
        String key() {
            return key(table, name);
        }

        static String key(long table, String trigger) {
            return table + " " + trigger;
        }
    }

    /// Makes the triggers those of `family`: creates missing ones and removes those on tables that
    /// do not belong to it any more. The functions exist.
    void install(Family family) throws SQLException {
        Set<String> there = new HashSet<>();
        Set<String> wanted = wanted(family);
        for (Present trigger : present()) {
            if (wanted.contains(trigger.key())) {
                there.add(trigger.key());
            } else {
                session.execute(CaptureSql.dropTrigger(trigger.tableName(), trigger.name()));
            }
        }
        List<String> operations = operations(family.level());
        for (Member member : family.rowMembers()) {
            if (!there.contains(key(member, operations.getFirst()))) {
                session.executeAll(sql.triggers(family.level(), member.name()));
                for (String operation : operations) {
                    enableAlways(member, operation);
                }
            }
        }
        if (countsMoves(family)) {
            Member root = family.members().getFirst();
            session.execute(sql.moveTrigger(root.name(), family.partitionKey()));
            enableAlways(root, MOVE);
        }
        for (Member member : family.members()) {
            if (!there.contains(key(member, TRUNCATE))) {
                session.execute(sql.truncateTrigger(member.name()));
                enableAlways(member, TRUNCATE);
            }
        }
    }

    /// Whether a trigger is to be removed from a table that the session does not own. Only together
    /// with its function can it be.
    boolean leavesOthersTables(Family family) throws SQLException {
        Set<String> wanted = wanted(family);
        return present().stream().anyMatch(it -> !it.owned() && !wanted.contains(it.key()));
    }

    private Set<String> wanted(Family family) {
        Set<String> wanted = new HashSet<>();
        for (Member member : family.rowMembers()) {
            operations(family.level()).forEach(operation -> wanted.add(key(member, operation)));
        }
        if (countsMoves(family)) {
            wanted.add(key(family.members().getFirst(), MOVE));
        }
        family.members().forEach(member -> wanted.add(key(member, TRUNCATE)));
        return wanted;
    }

    private static boolean countsMoves(Family family) {
        return family.level() == Level.STATEMENT && !family.partitionKey().isEmpty();
    }

    private String key(Member member, String operation) {
        return Present.key(member.oid(), sql.trigger(operation));
    }

    private static List<String> operations(Level level) {
        return switch (level) {
            case ROW -> List.of("row");
            case STATEMENT -> List.of("ins", "upd", "del");
        };
    }

    private void enableAlways(Member member, String operation) throws SQLException {
        if (member.owned()) {
            session.execute(CaptureSql.enableAlways(member.name(), sql.trigger(operation)));
        }
    }

    /// The triggers there are, without those that partitions got from the table above.
    private List<Present> present() throws SQLException {
        return session.query(
                """
                SELECT t.tgrelid::bigint, t.tgname, format('%I.%I', n.nspname, c.relname),
                       pg_has_role(c.relowner, 'USAGE')
                FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid AND t.tgparentid = 0
                JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname = ANY (?)
                """,
                row ->
                        new Present(
                                row.getLong(1),
                                row.getString(2),
                                row.getString(3),
                                row.getBoolean(4)),
                new Session.ArrayOf("text", sql.functionNames()));
    }
}
