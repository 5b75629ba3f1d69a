package io.pgtrickle.runtime.capture;

import io.pgtrickle.compiler.emit.CaptureSql;
import io.pgtrickle.compiler.emit.CaptureSql.Level;
import io.pgtrickle.runtime.capture.Actors.Actor;
import io.pgtrickle.runtime.capture.Family.Member;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// The capture triggers on the tables of a family.
final class Triggers {
    private static final String TRUNCATE = "trunc";
    private static final String MOVE = "move";
    private static final String KEEP = "keep";

    private final Actors actors;
    private final CaptureSql sql;

    Triggers(Actors actors, CaptureSql sql) {
        this.actors = actors;
        this.sql = sql;
    }

    /// A trigger that calls one of the source's functions.
    private record Present(long table, String name, String tableName, Actor alters) {
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
                actors.as(trigger.alters())
                        .execute(CaptureSql.dropTrigger(trigger.tableName(), trigger.name()));
            }
        }
        boolean lend = family.members().stream().anyMatch(it -> it.makesTriggers() == Actor.OWNER);
        if (lend) {
            lend(family, true);
        }
        create(family, there);
        if (lend) {
            lend(family, false);
        }
    }

    private void lend(Family family, boolean lent) throws SQLException {
        actors.session()
                .executeAll(sql.lend(family.level(), family.partitionKey(), actors.owner(), lent));
    }

    private void create(Family family, Set<String> there) throws SQLException {
        List<String> operations = operations(family.level());
        for (Member member : family.rowMembers()) {
            if (!there.contains(key(member, operations.getFirst()))) {
                creator(member).executeAll(sql.triggers(family.level(), member.name()));
                for (String operation : operations) {
                    enableAlways(member, operation);
                }
            }
        }
        if (countsMoves(family)) {
            Member root = family.members().getFirst();
            creator(root).executeAll(sql.moveTriggers(root.name(), family.partitionKey()));
            enableAlways(root, MOVE);
        }
        for (Member member : family.members()) {
            if (!there.contains(key(member, TRUNCATE))) {
                creator(member).execute(sql.truncateTrigger(member.name()));
                enableAlways(member, TRUNCATE);
            }
        }
    }

    private Session creator(Member member) {
        return creator(actors, member);
    }

    /// The session that may create triggers on a table.
    static Session creator(Actors actors, Member member) {
        if (member.makesTriggers() == Actor.NOBODY) {
            throw PgTrickleException.of("42501", "permission denied for table " + member.name())
                    .detail(
                            "Its changes are captured by triggers; a stream table that is not recomputed needs the right to"
                                    + " create them.")
                    .hint(
                            "GRANT TRIGGER ON "
                                    + member.name()
                                    + " to the role that creates the stream table, or use mode FULL.")
                    .build();
        }
        return actors.as(member.makesTriggers());
    }

    /// Whether a trigger is to be removed from a table that neither of the two owns. Only together
    /// with its function can it be.
    boolean leavesOthersTables(Family family) throws SQLException {
        Set<String> wanted = wanted(family);
        return present().stream()
                .anyMatch(it -> it.alters() == Actor.NOBODY && !wanted.contains(it.key()));
    }

    private Set<String> wanted(Family family) {
        Set<String> wanted = new HashSet<>();
        for (Member member : family.rowMembers()) {
            operations(family.level()).forEach(operation -> wanted.add(key(member, operation)));
        }
        if (countsMoves(family)) {
            wanted.add(key(family.members().getFirst(), MOVE));
            wanted.add(key(family.members().getFirst(), KEEP));
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
        if (member.alters() != Actor.NOBODY) {
            actors.as(member.alters())
                    .execute(CaptureSql.enableAlways(member.name(), sql.trigger(operation)));
        }
    }

    /// The triggers there are, without those that partitions got from the table above.
    private List<Present> present() throws SQLException {
        return actors.session()
                .query(
                        "SELECT t.tgrelid::bigint, t.tgname, format('%I.%I', n.nspname, c.relname), "
                                + actors.first("pg_has_role(%s, c.relowner, 'USAGE')")
                                + """

                                FROM pg_proc p JOIN pg_trigger t ON t.tgfoid = p.oid AND t.tgparentid = 0
                                JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                                WHERE p.pronamespace = 'pgtrickle_changes'::regnamespace AND p.proname = ANY (?)
                                """,
                        row ->
                                new Present(
                                        row.getLong(1),
                                        row.getString(2),
                                        row.getString(3),
                                        Actor.valueOf(row.getString(4))),
                        new Session.ArrayOf("text", sql.functionNames()));
    }
}
