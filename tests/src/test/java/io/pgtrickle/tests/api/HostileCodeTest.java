package io.pgtrickle.tests.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Ann means harm. Whatever of hers is executed, by her own calls, by the service or by a
/// superuser's: it has her rights and no others.
final class HostileCodeTest extends FourRoles {
    private Session superuser;

    @BeforeEach
    void trap() {
        superuser = database.superuser();
        try (Session other = database.session(bob)) {
            other.execute("SET search_path = ann, shop", create("bobs", SUMS));
        }
        session.execute(
                create("own", SUMS),
                "CREATE TABLE attempts (attack text)",
                "CREATE TABLE log (who text, attack text, result text)",
                // What somebody else executes shows who it was.
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN"
                        + " INSERT INTO ann.log VALUES (current_user, 'trigger', ''); RETURN NEW; END $f$",
                """
                CREATE FUNCTION attack() RETURNS numeric LANGUAGE plpgsql AS $f$
                DECLARE a text;
                BEGIN
                    INSERT INTO ann.log VALUES (current_user, '', '');
                    FOR a IN SELECT attack FROM ann.attempts LOOP
                        BEGIN
                            EXECUTE a;
                            INSERT INTO ann.log VALUES (current_user, a, 'done');
                        EXCEPTION WHEN OTHERS THEN
                            INSERT INTO ann.log VALUES (current_user, a, SQLERRM);
                        END;
                    END LOOP;
                    RETURN 0;
                END $f$
                """,
                "CREATE FUNCTION quiet(numeric) RETURNS numeric IMMUTABLE LANGUAGE plpgsql AS"
                        + " $f$ BEGIN RETURN $1 + ann.attack(); END $f$");
    }

    @Override
    void close() {
        if (superuser != null) {
            superuser.close();
        }
    }

    private static final String QUERY =
            "SELECT customer, sum(ann.quiet(amount)) AS total FROM orders GROUP BY customer";

    private static String oid(String role) {
        return "(SELECT oid FROM pg_roles WHERE rolname = $r$" + role + "$r$)";
    }

    private void attempt(String... attacks) {
        session.execute("DELETE FROM attempts", "DELETE FROM log");
        for (String attack : attacks) {
            session.execute("INSERT INTO attempts VALUES ($a$" + attack + "$a$)");
        }
    }

    private void change() {
        carl.execute("INSERT INTO orders (customer, amount) VALUES (2, 7)");
    }

    private void nothingWasDone(String... attacks) {
        assertThat(session.query("SELECT DISTINCT who FROM log")).containsExactly(List.of(ann));
        assertThat(session.query("SELECT attack FROM log WHERE result = 'done'")).isEmpty();
        for (String attack : attacks) {
            assertThat(
                            session.value(
                                    "SELECT count(*) > 0 FROM log WHERE attack = $a$"
                                            + attack
                                            + "$a$"))
                    .as(attack)
                    .isEqualTo("t");
        }
    }

    private String[] attacks() {
        long source = Long.parseLong(carl.value("SELECT 'shop.orders'::regclass::oid"));
        String bobs = installer.value("SELECT " + oid(bob));
        return Stream.of(
                        "RESET ROLE",
                        "SET ROLE " + database.owner(),
                        "SET LOCAL ROLE " + quoted(bob),
                        "SET SESSION AUTHORIZATION " + database.owner(),
                        "SET SESSION AUTHORIZATION DEFAULT",
                        "RESET SESSION AUTHORIZATION",
                        "GRANT SELECT ON pgtrickle.pgt_service TO " + ann,
                        "SELECT * FROM pgtrickle.pgt_service FOR UPDATE",
                        "CREATE TABLE ann.stolen AS SELECT secret FROM pgtrickle.pgt_service",
                        "CREATE TABLE ann.stolen AS SELECT * FROM pgtrickle.pgt_secret_1",
                        "UPDATE pgtrickle.pgt_stream_tables SET defining_query = 'SELECT 1'",
                        "DELETE FROM pgtrickle.pgt_dependencies",
                        "SELECT pgtrickle._token('ann.bobs'::regclass)",
                        "SELECT pgtrickle._as(" + bobs + "::oid, 'SELECT 1', 'query', NULL, true)",
                        "SELECT pgtrickle._perform("
                                + bobs
                                + "::oid, 'drop_stream_table', '{\"name\": \"ann.bobs\"}', '{}')",
                        "SELECT pgtrickle._steps('{}', '{}', true, 10)",
                        "SELECT pgtrickle._exchange('{}', true)",
                        "SELECT pgtrickle._call_"
                                + bobs
                                + "('drop_stream_table', '{\"name\": \"ann.bobs\"}', '{}')",
                        "SELECT pgtrickle_owned.run_" + bobs + "('SELECT 1', 'query')",
                        "DELETE FROM pgtrickle_changes.changes_" + source,
                        "INSERT INTO pgtrickle_changes.changes_"
                                + source
                                + " (row_count) VALUES (1)",
                        "UPDATE pgtrickle_changes.open_" + source + " SET row_count = 0",
                        "CREATE TRIGGER stolen AFTER INSERT ON ann.log REFERENCING NEW TABLE AS new_rows"
                                + " EXECUTE FUNCTION pgtrickle_changes.capture_"
                                + source
                                + "_ins()",
                        "SELECT * FROM pgtrickle.pending_changes()",
                        "SELECT pgtrickle.drop_stream_table('ann.bobs')",
                        "DELETE FROM ann.bobs",
                        "ALTER FUNCTION pgtrickle_owned.run_"
                                + bobs
                                + "(text, text) OWNER TO "
                                + ann)
                .toArray(String[]::new);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DIFFERENTIAL", "FULL"})
    void codeInAQueryHasTheRightsOfTheOwner(String mode) throws Exception {
        session.execute(
                "SELECT pgtrickle.create_stream_table('totals', $q$"
                        + QUERY
                        + "$q$, '1h', refresh_mode => '"
                        + mode
                        + "')");
        String[] attacks = attacks();
        attempt(attacks);
        change();
        session.execute(refresh("totals"));
        nothingWasDone(attacks);
        attempt(attacks);
        change();
        superuser.execute(refresh("ann.totals"));
        nothingWasDone(attacks);
        attempt(attacks);
        session.execute("SELECT pgtrickle.alter_stream_table('totals', schedule => '50ms')");
        change();
        await("SELECT total FROM totals WHERE customer = 2", "26");
        nothingWasDone(attacks);
        assertThat(installer.value("SELECT count(*) FROM pgtrickle.pgt_stream_tables"))
                .isEqualTo("3");
    }

    @Test
    void codeOnTheTableHasTheRightsOfTheOwner() throws Exception {
        session.execute(
                create("totals", SUMS),
                "CREATE FUNCTION checked() RETURNS trigger LANGUAGE plpgsql AS"
                        + " $f$ BEGIN PERFORM ann.attack(); RETURN NEW; END $f$",
                "CREATE TRIGGER hers BEFORE INSERT OR UPDATE ON totals FOR EACH ROW EXECUTE FUNCTION checked()",
                "CREATE TRIGGER after_hers AFTER INSERT OR UPDATE ON totals FOR EACH ROW EXECUTE FUNCTION checked()",
                "CREATE INDEX expressed ON totals (ann.quiet(total))",
                "ALTER TABLE totals ADD CONSTRAINT hers CHECK (ann.quiet(total) > 0)",
                "ALTER TABLE totals ENABLE ROW LEVEL SECURITY",
                "CREATE POLICY hers ON totals USING (ann.quiet(total) > 0)");
        String[] attacks = attacks();
        attempt(attacks);
        change();
        session.execute(refresh("totals"));
        nothingWasDone(attacks);
        attempt(attacks);
        change();
        superuser.execute(refresh("ann.totals"), "ANALYZE ann.totals");
        nothingWasDone(attacks);
        session.execute("SELECT pgtrickle.alter_stream_table('totals', schedule => '50ms')");
        attempt(attacks);
        change();
        await("SELECT total FROM totals WHERE customer = 2", "26");
        nothingWasDone(attacks);
    }

    /// What is kept for the end of the transaction, or for the next one in the same session.
    @ParameterizedTest
    @ValueSource(
            strings = {
                "DECLARE later CURSOR WITH HOLD FOR SELECT ann.attack()",
                "PREPARE \"S_1\" AS SELECT ann.attack()",
                "INSERT INTO ann.deferred VALUES (1)"
            })
    void nothingIsLeftForOthersToExecute(String attack) throws Exception {
        if (attack.contains("deferred")) {
            assumeThat(
                            Integer.parseInt(
                                    superuser.value(
                                            "SELECT current_setting('server_version_num')")))
                    .as("since PostgreSQL 18 deferred triggers have the rights of who fired them")
                    .isLessThan(180000);
        }
        session.execute(
                "CREATE TABLE deferred (id int)",
                "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW EXECUTE FUNCTION note()",
                create("totals", QUERY));
        attempt(attack);
        change();
        assertThatThrownBy(() -> superuser.execute(refresh("ann.totals")))
                .hasMessageContaining("would have been executed with the rights of others");
        superuser.execute("DEALLOCATE ALL");
        session.execute("SELECT pgtrickle.alter_stream_table('totals', schedule => '50ms')");
        await(
                "SELECT count(*) > 0 FROM pgtrickle.pgt_refresh_history WHERE error_sqlstate = '42501'"
                        + " AND initiated_by = 'SCHEDULER'",
                "t");
        assertThat(session.query("SELECT DISTINCT who FROM log WHERE who <> '" + ann + "'"))
                .isEmpty();
        // Her own calls may do so: at the end of her transaction it is her who executes it.
        session.execute("DELETE FROM attempts", refresh("totals"));
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
    }

    @Test
    void aTriggerMadeMeanwhileIsNotExecutedByOthers() throws Exception {
        session.execute(
                "CREATE TABLE deferred (id int)",
                "SELECT pgtrickle.create_stream_table('totals', $q$" + QUERY + "$q$, '50ms')");
        attempt("SELECT pg_sleep(3)", "INSERT INTO ann.deferred VALUES (1)");
        change();
        String sleeping =
                "SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
        for (int i = 0; i < 500 && superuser.value(sleeping).equals("f"); i++) {
            superuser.execute("SELECT pg_sleep(0.02)");
        }
        assertThat(superuser.value(sleeping)).isEqualTo("t");
        session.execute(
                "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON deferred DEFERRABLE INITIALLY DEFERRED"
                        + " FOR EACH ROW EXECUTE FUNCTION note()");
        await(
                "SELECT count(*) > 0 FROM pgtrickle.pgt_refresh_history WHERE initiated_by = 'SCHEDULER' AND pgt_id ="
                        + " (SELECT pgt_id FROM pgtrickle.pgt_stream_tables WHERE pgt_name = 'totals')"
                        + " AND action <> 'NO_DATA'",
                "t");
        assertThat(session.query("SELECT * FROM log WHERE who <> '" + ann + "'")).isEmpty();
    }

    @Test
    void settingsDoNotOutliveTheOwnersCode() throws Exception {
        session.execute(
                create("totals", QUERY),
                "CREATE FUNCTION stolen() RETURNS text LANGUAGE sql AS"
                        + " $f$ INSERT INTO ann.log VALUES (current_user, 'stolen', 'done'); SELECT '{}' $f$",
                "CREATE FUNCTION json_build_object(text, json[]) RETURNS text LANGUAGE sql AS 'SELECT ann.stolen()'",
                "CREATE FUNCTION json_build_object(text, json) RETURNS text LANGUAGE sql AS 'SELECT ann.stolen()'",
                "CREATE FUNCTION json_build_object(text, bigint) RETURNS text LANGUAGE sql AS 'SELECT ann.stolen()'",
                "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
                        + " 'SELECT ann.stolen(); SELECT pg_catalog.now()'",
                "CREATE FUNCTION pg_current_snapshot() RETURNS text LANGUAGE sql AS 'SELECT ann.stolen()'");
        attempt(
                "SET search_path = ann, pg_catalog",
                "SET standard_conforming_strings = off",
                "SET row_security = on",
                "SET lock_timeout = '1ms'",
                "SET LOCAL search_path = ann, pg_catalog",
                "CREATE TEMPORARY TABLE pg_class (x int)");
        for (int i = 0; i < 3; i++) {
            change();
            superuser.execute(refresh("ann.totals"));
            change();
            session.execute("BEGIN", refresh("totals"), "ROLLBACK");
        }
        session.execute("SELECT pgtrickle.alter_stream_table('totals', schedule => '50ms')");
        change();
        await("SELECT total FROM totals WHERE customer = 2", "54");
        assertThat(session.query("SELECT DISTINCT who FROM log")).containsExactly(List.of(ann));
        assertThat(session.query("SELECT * FROM log WHERE attack = 'stolen'")).isEmpty();
        assertThat(superuser.value("SELECT current_setting('search_path')"))
                .isEqualTo("\"$user\", public");
    }

    @Test
    void aReplacedFunctionIsNotUsed() throws Exception {
        session.execute(create("totals", SUMS));
        String run = "pgtrickle_owned.run_" + installer.value("SELECT " + oid(ann));
        session.execute(
                "CREATE OR REPLACE FUNCTION "
                        + run
                        + "(statement text, kind text) RETURNS json LANGUAGE plpgsql SECURITY INVOKER AS"
                        + " $f$ BEGIN PERFORM ann.attack(); RETURN '[[1,1,1,1,\"1:1:\",false]]'; END $f$");
        attempt(attacks());
        change();
        assertThatThrownBy(() -> superuser.execute(refresh("ann.totals")))
                .hasMessageContaining("has not allowed pg_trickle to work for it")
                .hasMessageContaining("pgtrickle.allow()");
        session.execute("SELECT pgtrickle.allow()");
        superuser.execute(refresh("ann.totals"));
        assertThat(totals().getLast()).isEqualTo(List.of("2", "12"));
        session.execute("GRANT EXECUTE ON FUNCTION " + run + "(text, text) TO PUBLIC");
        change();
        assertThatThrownBy(() -> superuser.execute(refresh("ann.totals")))
                .hasMessageContaining("has not allowed pg_trickle to work for it");
        session.execute(refresh("totals"));
        assertThat(session.query("SELECT * FROM log")).isEmpty();
    }

    @Test
    void whoTakesTheNameOfAnothersFunctionGainsNothing() {
        String carls =
                installer.value(
                        "SELECT "
                                + oid(
                                        installer.value(
                                                "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = 'shop'")));
        session.execute(
                "CREATE FUNCTION pgtrickle_owned.run_"
                        + carls
                        + "(statement text, kind text) RETURNS json LANGUAGE plpgsql SECURITY INVOKER AS"
                        + " $f$ BEGIN PERFORM ann.attack(); RETURN NULL; END $f$",
                "GRANT ALL ON SCHEMA ann TO PUBLIC");
        carl.execute(create("shop.sums", SUMS));
        assertThat(carl.query("SELECT * FROM sums")).hasSize(2);
        assertThat(session.query("SELECT * FROM log")).isEmpty();
    }

    /// As after a restore into another cluster, where the same number is another role's.
    @Test
    void theDoorOfAnotherRoleWithTheSameNumberIsClosed() {
        String anns = installer.value("SELECT " + oid(ann));
        session.execute(create("totals", SUMS));
        String door = "pgtrickle._call_" + anns + "(text, jsonb, jsonb)";
        installer.execute(
                "DO $d$ BEGIN EXECUTE replace(pg_get_functiondef('"
                        + door
                        + "'::regprocedure), '"
                        + ann
                        + "', 'somebody'); END $d$",
                "GRANT EXECUTE ON FUNCTION " + door + " TO " + quoted(bob));
        try (Session other = database.session(bob)) {
            String call =
                    "SELECT pgtrickle._call_"
                            + anns
                            + "('drop_stream_table', '{\"name\": \"ann.totals\"}', '{}')";
            assertThat(other.value(call)).isEqualTo("null");
            session.execute(refresh("totals"));
            assertThatThrownBy(() -> other.execute(call)).hasMessageContaining("permission denied");
        }
        assertThat(totals()).hasSize(2);
    }

    @Test
    void noSuperusersRightsAreKept() {
        session.execute(create("totals", SUMS));
        superuser.execute("ALTER ROLE " + ann + " SUPERUSER");
        try {
            change();
            assertThatThrownBy(() ->
                            installer.execute(
                                    "SELECT pgtrickle._as("
                                            + oid(ann)
                                            + ", 'SELECT 1', 'query', NULL, false)"))
                    .hasMessageContaining("does not use the rights of a superuser");
        } finally {
            superuser.execute("ALTER ROLE " + ann + " NOSUPERUSER");
        }
        superuser.execute("ALTER TABLE ann.totals OWNER TO CURRENT_USER");
        assertThatThrownBy(() -> superuser.execute(refresh("ann.totals")))
                .hasMessageContaining("pg_trickle keeps no superuser's rights");
        superuser.execute("ALTER TABLE ann.totals OWNER TO " + quoted(bob), refresh("ann.totals"));
    }

    // Capture has the rights of the role that installed pg_trickle, and a cast is code.
    @ParameterizedTest
    @ValueSource(strings = {"orders", "parts"})
    void aCastOfASourcesOwnerIsNotExecutedByCapture(String source) {
        carl.execute(
                "CREATE TABLE parts (customer int, amount numeric) PARTITION BY LIST (customer)",
                "CREATE TABLE parts_all PARTITION OF parts DEFAULT",
                "GRANT SELECT, TRIGGER ON parts, parts_all TO " + ann,
                "INSERT INTO parts VALUES (1, 5)",
                "CREATE TABLE seen (who text)",
                "GRANT INSERT ON seen TO PUBLIC",
                "GRANT USAGE ON SCHEMA shop TO PUBLIC");
        session.execute(create("totals", SUMS.replace("orders", source)));
        carl.execute(
                "CREATE TYPE amounts AS (v numeric)",
                "CREATE FUNCTION cast_it(amounts) RETURNS numeric LANGUAGE plpgsql AS"
                        + " $f$ BEGIN INSERT INTO shop.seen VALUES (current_user); RETURN ($1).v; END $f$",
                "CREATE CAST (amounts AS numeric) WITH FUNCTION cast_it(amounts) AS IMPLICIT",
                "ALTER TABLE " + source + " ALTER amount TYPE amounts USING row(amount)::amounts",
                "INSERT INTO " + source + " (customer, amount) VALUES (1, row(7))",
                "UPDATE " + source + " SET amount = row(8)",
                "DELETE FROM " + source + " WHERE customer = 2");
        assertThat(carl.query("SELECT * FROM seen WHERE who = '" + database.owner() + "'"))
                .isEmpty();
    }
}
