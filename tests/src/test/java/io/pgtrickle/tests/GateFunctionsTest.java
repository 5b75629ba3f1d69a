package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Gates, watermarks, refresh groups and fuses by SQL, over what their tables hold.
final class GateFunctionsTest extends DatabaseTest {

    private static List<String> row(String... values) {
        return List.of(values);
    }

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE t (id int)",
                "CREATE SCHEMA \"X y\"",
                "CREATE TABLE \"X y\".u (id int)");
        create("s", "SELECT id FROM t");
        create("r", "SELECT id FROM s");
        create("q", "SELECT id FROM \"X y\".u");
    }

    @Test
    void nothingIsHeldBackAtFirst() {
        for (String function :
                List.of(
                        "source_gates",
                        "bootstrap_gate_status",
                        "watermarks",
                        "watermark_groups",
                        "watermark_status",
                        "refresh_groups")) {
            assertThat(database.query("SELECT * FROM pgtrickle." + function + "()")).isEmpty();
        }
    }

    @Test
    void gatesAreShownWithWhatWaitsForThem() {
        database.execute(
                "INSERT INTO pgtrickle.pgt_source_gates VALUES ('t'::regclass, true, now() - interval '1 h', NULL, 'me'),"
                        + " ('\"X y\".u'::regclass, false, '2026-01-01 10:00Z', '2026-01-01 10:30Z', 'you'), (1, true, now(), NULL, NULL)");
        assertThat(
                        database.query(
                                "SELECT source_table, schema_name, gated, gated_by, ungated_at IS NULL FROM pgtrickle.source_gates()"))
                .containsExactly(
                        row("u", "X y", "f", "you", "f"),
                        row("t", "public", "t", "me", "t"),
                        row("1", "null", "t", "null", "t"));
        assertThat(
                        database.query(
                                "SELECT source_table, gated, gate_duration >= CASE WHEN gated THEN '0' ELSE '30 min' END::interval,"
                                        + " affected_stream_tables FROM pgtrickle.bootstrap_gate_status()"))
                .containsExactly(
                        row("t", "t", "t", "public.r, public.s"),
                        row("1", "t", "t", "null"),
                        row("u", "f", "t", "public.q"));
        assertThat(
                        database.value(
                                "SELECT gate_duration FROM pgtrickle.bootstrap_gate_status() WHERE NOT gated"))
                .isEqualTo("00:30:00");
    }

    @Test
    void watermarksOfAGroupAreCompared() {
        database.execute(
                "INSERT INTO pgtrickle.pgt_watermarks VALUES ('t'::regclass, '2026-01-01 10:00Z', now(), 'me', '0/1'),"
                        + " ('\"X y\".u'::regclass, '2026-01-01 10:00:30Z', now(), 'me', '0/2')",
                "INSERT INTO pgtrickle.pgt_watermark_groups (group_name, source_relids, tolerance_secs) VALUES"
                        + " ('wide', ARRAY['t', '\"X y\".u']::regclass[]::oid[], 30), ('tight', ARRAY['t', '\"X y\".u']::regclass[]::oid[], 29.5),"
                        + " ('half', ARRAY['t', 's']::regclass[]::oid[], 0), ('none', ARRAY['r', 's']::regclass[]::oid[], 0)");
        assertThat(
                        database.query(
                                "SELECT source_table, schema_name, watermark = '2026-01-01 10:00Z', advanced_by, wal_lsn"
                                        + " FROM pgtrickle.watermarks()"))
                .containsExactly(
                        row("u", "X y", "f", "me", "0/2"), row("t", "public", "t", "me", "0/1"));
        assertThat(
                        database.query(
                                "SELECT group_name, source_count, tolerance_secs FROM pgtrickle.watermark_groups()"))
                .containsExactly(
                        row("half", "2", "0"),
                        row("none", "2", "0"),
                        row("tight", "2", "29.5"),
                        row("wide", "2", "30"));
        assertThat(
                        database.query(
                                "SELECT group_name, lag_secs, aligned, sources_with_watermark, sources_total,"
                                        + " max_watermark - min_watermark FROM pgtrickle.watermark_status()"))
                .containsExactly(
                        row("half", "0", "t", "1", "2", "00:00:00"),
                        row("none", "null", "t", "0", "2", "null"),
                        row("tight", "30", "f", "2", "2", "00:00:30"),
                        row("wide", "30", "t", "2", "2", "00:00:30"));
    }

    @Test
    void refreshGroupsAreListed() {
        database.execute(
                "INSERT INTO pgtrickle.pgt_refresh_groups (group_name, member_oids, isolation) VALUES"
                        + " ('g', ARRAY['s', 'r']::regclass[]::oid[], 'repeatable_read')");
        assertThat(
                        database.query(
                                "SELECT group_name, member_count, isolation FROM pgtrickle.refresh_groups()"))
                .containsExactly(row("g", "2", "repeatable_read"));
    }

    @Test
    void theCeilingOfAFuseIsItsOwnOrTheSetting() {
        String fuses =
                "SELECT stream_table, fuse_mode, fuse_state, fuse_ceiling, effective_ceiling FROM pgtrickle.fuse_status()";
        assertThat(database.query(fuses))
                .containsExactly(
                        row("public.q", "off", "armed", "null", "null"),
                        row("public.r", "off", "armed", "null", "null"),
                        row("public.s", "off", "armed", "null", "null"));
        database.execute(
                "UPDATE pgtrickle.pgt_stream_tables SET fuse_mode = 'on', fuse_ceiling = 5 WHERE pgt_name = 's'",
                "ALTER DATABASE " + database.name() + " SET pg_trickle.fuse_default_ceiling = 70");
        assertThat(database.query(fuses))
                .containsExactly(
                        row("public.q", "off", "armed", "null", "70"),
                        row("public.r", "off", "armed", "null", "70"),
                        row("public.s", "on", "armed", "5", "5"));
    }
}
