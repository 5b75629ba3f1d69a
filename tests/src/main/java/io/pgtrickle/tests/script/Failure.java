package io.pgtrickle.tests.script;

/// Why a script failed.
///
/// @param streamTable which one, empty when it is none
/// @param report what to show a reader
public record Failure(Kind kind, String streamTable, String report) {

    /// What went wrong.
    public enum Kind {
        /// The stream table differs from its query.
        DIFFERENCE,
        /// The query itself has more than one answer: the test is wrong.
        UNDETERMINED,
        /// The creation failed although the query is valid.
        CREATE_ERROR,
        /// The refresh failed although the query does not.
        REFRESH_ERROR,
        /// A statement of the application failed in a trigger of ours.
        CAPTURE_ERROR,
        /// The mode or the action was not the differential one.
        NOT_DIFFERENTIAL,
        /// A second refresh found something to do.
        NOT_IDLE,
        /// Dropping the stream tables failed or left something behind.
        LEFT_BEHIND
    }

    @Override
    public String toString() {
        return kind + (streamTable.isEmpty() ? "" : " in " + streamTable) + "\n" + report;
    }
}
