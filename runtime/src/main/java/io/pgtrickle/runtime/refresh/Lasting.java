package io.pgtrickle.runtime.refresh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.session.Row;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.List;

/// A state of a stream table that those who listen are told of for as long as it lasts. Immutable.
///
/// @param id of the stream table
/// @param alert what they are told
public record Lasting(long id, Alert alert) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /// All that there are: blown fuses, and buffers in which more waits than a setting allows.
    public static List<Lasting> all(Session session) throws SQLException {
        return session.query(
                "SELECT pgt_id, event, pgt_schema, pgt_name, details::text FROM pgtrickle._lasting()",
                Lasting::read);
    }

    private static Lasting read(Row row) throws SQLException {
        try {
            return new Lasting(
                    row.getLong(1),
                    new Alert(
                            row.getString(2),
                            new QualifiedName(row.getString(3), row.getString(4)),
                            JSON.readTree(row.getString(5))));
        } catch (JsonProcessingException e) {
            throw new SQLException("unreadable details", "XX000", e);
        }
    }
}
