package io.pgtrickle.runtime.catalog;

import io.pgtrickle.compiler.emit.Target;
import io.pgtrickle.runtime.session.Rights;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// What a refresh and the API need of a row of `pgt_stream_tables`.
///
/// @param id `pgt_id`
/// @param relation the storage table's OID
/// @param table the storage table's present name, qualified and quoted; the recorded one when it is
///   gone
/// @param query the canonical query
/// @param mode FULL, DIFFERENTIAL or IMMEDIATE
/// @param requestedMode what was asked for
/// @param fingerprint what the storage was made from
/// @param watched the state of everything it is made of when that was so; empty when it is not
///   known
/// @param owner the rights that its query has: those of its owner, where these are not the
///   session's
/// @param ownerName its owner's name, quoted where needed
/// @param settings assignments of settings, without SET: with them its query means what it meant to
///   whoever wrote it
/// @param partitioning `st_partition_key`: how its storage is divided
/// @param cycle the number of the cycle of stream tables that it belongs to
public record StreamTableRow(
        long id,
        long relation,
        String table,
        String query,
        String mode,
        String requestedMode,
        String fingerprint,
        Optional<String> watched,
        Rights owner,
        String ownerName,
        List<String> settings,
        Optional<String> partitioning,
        Optional<Long> cycle) {
    public StreamTableRow {
        settings = List.copyOf(settings);
    }

    /// The OID of the owner of the row `s` of `pgt_stream_tables`, NULL for the session's own role.
    public static final String OWNER =
            "(SELECT c.relowner::bigint FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles o ON o.oid = c.relowner"
                    + " WHERE c.oid = s.pgt_relid AND o.rolname <> current_user)";

    /// What tells one definition of the row `s` of `pgt_stream_tables` from another.
    public static final String DEFINITION =
            "s.definition_fingerprint || ' ' || s.refresh_mode || ' ' || array_to_string(s.query_settings, ' ')"
                    + " || coalesce(' ' || s.st_partition_key, '') || coalesce(' ' || s.scc_id, '')";

    private static final String SELECT =
            """
            SELECT s.pgt_id, s.pgt_relid::bigint,
                   coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                             JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = s.pgt_relid),
                            format('%I.%I', s.pgt_schema, s.pgt_name)),
                   s.defining_query, s.refresh_mode, s.requested_refresh_mode, s.definition_fingerprint,
                   s.function_hashes, \
            """
                    + OWNER
                    + """
                           , coalesce((SELECT quote_ident(pg_get_userbyid(c.relowner)) FROM pg_catalog.pg_class c
                                       WHERE c.oid = s.pgt_relid), ''), s.query_settings, s.st_partition_key, s.scc_id
                    FROM pgtrickle.pgt_stream_tables s
                    """;

    private static StreamTableRow read(Row row) throws SQLException {
        return new StreamTableRow(
                row.getLong(1),
                row.getLong(2),
                row.getString(3),
                row.getString(4),
                row.getString(5),
                row.getString(6),
                row.getString(7),
                row.optionalString(8),
                new Rights(row.optionalLong(9)),
                row.getString(10),
                row.strings(11),
                row.optionalString(12),
                row.optionalLong(13));
    }

    /// The definition as [#DEFINITION] tells it.
    public String definition() {
        return fingerprint
                + " "
                + mode
                + " "
                + String.join(" ", settings)
                + partitioning.map(it -> " " + it).orElse("")
                + cycle.map(it -> " " + it).orElse("");
    }

    /// Its storage, as statements change it.
    public Target target() {
        return new Target(table, partitioning.isPresent());
    }

    /// Whether it was asked for that it is recomputed.
    public boolean isFullWanted() {
        return requestedMode.equals("FULL");
    }

    /// Whether it follows within the writing transaction.
    public boolean isImmediate() {
        return mode.equals("IMMEDIATE");
    }

    /// The row with that id.
    public static Optional<StreamTableRow> byId(Session session, long id) throws SQLException {
        return session.first(SELECT + "WHERE s.pgt_id = ?", StreamTableRow::read, id);
    }

    /// The row of the stream table stored in that relation.
    public static Optional<StreamTableRow> byRelation(Session session, long relation)
            throws SQLException {
        return session.first(
                SELECT + "WHERE s.pgt_relid = CAST(? AS bigint)::oid",
                StreamTableRow::read,
                relation);
    }

    /// The row with that recorded schema and name.
    public static Optional<StreamTableRow> byName(Session session, QualifiedName name)
            throws SQLException {
        return session.first(
                SELECT + "WHERE s.pgt_schema = ? AND s.pgt_name = ?",
                StreamTableRow::read,
                name.schema(),
                name.name());
    }
}
