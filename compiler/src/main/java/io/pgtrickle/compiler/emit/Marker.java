package io.pgtrickle.compiler.emit;

/// The marker that a refresh of a stream table carries.
final class Marker {
    private Marker() {}

    /// What `pgtrickle._token` returns, written out: a call of it costs more than all the rest of
    /// marking.
    ///
    /// @param relation the OID of the stream table's table
    static String of(long relation) {
        return "'"
                + relation
                + ":' || encode(sha256(convert_to(pg_sequence_last_value('pgtrickle.pgt_secret_1'::regclass) || ' '"
                + " || pg_sequence_last_value('pgtrickle.pgt_secret_2'::regclass) || ' '"
                + " || pg_sequence_last_value('pgtrickle.pgt_secret_3'::regclass) || ' "
                + relation
                + " ' || pg_current_xact_id()::text || ' ' || pg_backend_pid(), 'UTF8')), 'hex')";
    }
}
