package io.pgtrickle.runtime.session;

import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// One row of a result. Columns count from 1; a NULL where none is expected is an [SQLException].
public interface Row {
    /// A text, or the text of any value.
    default String getString(int column) throws SQLException {
        return present(optionalString(column), column);
    }

    /// A whole number.
    default long getLong(int column) throws SQLException {
        return present(optionalLong(column), column);
    }

    /// A whole number.
    default int getInt(int column) throws SQLException {
        return Math.toIntExact(getLong(column));
    }

    /// A truth value.
    boolean getBoolean(int column) throws SQLException;

    /// A text, empty for NULL.
    Optional<String> optionalString(int column) throws SQLException;

    /// A whole number, empty for NULL.
    Optional<Long> optionalLong(int column) throws SQLException;

    /// A floating-point number, empty for NULL.
    Optional<Double> optionalDouble(int column) throws SQLException;

    /// A point in time, empty for NULL.
    Optional<Instant> optionalInstant(int column) throws SQLException;

    /// The texts of an array's elements, empty for NULL.
    Optional<List<String>> optionalStrings(int column) throws SQLException;

    /// The texts of an array's elements.
    default List<String> strings(int column) throws SQLException {
        return present(optionalStrings(column), column);
    }

    /// An array of whole numbers.
    default List<Long> longs(int column) throws SQLException {
        return strings(column).stream().map(Long::valueOf).toList();
    }

    private static <T> T present(Optional<T> value, int column) throws SQLException {
        return value.orElseThrow(() -> new SQLException("NULL in column " + column, "22004"));
    }
}
