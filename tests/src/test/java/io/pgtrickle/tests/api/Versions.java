package io.pgtrickle.tests.api;

import io.pgtrickle.runtime.catalog.Release;
import java.util.List;

/// Versions that exist in tests only.
final class Versions {
    /// What the next version changes: a new column, a function with another result, a setting.
    static final Release NEXT =
            new Release(
                    "0.2.0",
                    Release.CURRENT.scripts().stream()
                            .map(it ->
                                    it.replace("'0.1.0'", "'0.2.0'")
                                            .replace(
                                                    "lag_secs float8", "lag_secs double precision"))
                            .toList(),
                    List.of(
                            new Release.Step(
                                    "0.1.0",
                                    "0.1.5",
                                    """
                                    ALTER TABLE pgtrickle.pgt_stream_tables ADD COLUMN note text;
                                    UPDATE pgtrickle.pgt_stream_tables SET note = 'upgraded ' || pgt_name;
                                    DROP FUNCTION pgtrickle.pg_trickle_hash(text);
                                    """),
                            new Release.Step(
                                    "0.1.5",
                                    "0.2.0",
                                    """
                                    ALTER TABLE pgtrickle.pgt_stream_tables ALTER COLUMN note SET DEFAULT 'new';
                                    CREATE TABLE pgtrickle.pgt_notes (note text PRIMARY KEY);
                                    INSERT INTO pgtrickle.pgt_notes
                                    SELECT note FROM pgtrickle.pgt_stream_tables;
                                    """)));

    private Versions() {}
}
