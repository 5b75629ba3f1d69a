package io.pgtrickle.bench;

import io.pgtrickle.tests.tpch.TpchQuery;

/// What was measured of one query of TPC-H.
///
/// @param outcome the times, or why there are none
record TpchResult(TpchQuery query, Outcome outcome) {

    sealed interface Outcome {}

    /// It was maintained differentially and equalled its query in the end.
    ///
    /// @param creation how long it took to create and fill the stream table, in milliseconds
    /// @param full the median of the faster way to evaluate the query, in milliseconds
    /// @param way that way
    /// @param differential the median of the differential refreshes, in milliseconds
    record Measured(double creation, double full, FullWay way, double differential)
            implements Outcome {
        double ratio() {
            return full / differential;
        }
    }

    /// A differential refresh took longer than the limit and was stopped.
    ///
    /// @param limit the limit in milliseconds
    record TooSlow(double creation, double full, FullWay way, double limit) implements Outcome {
        /// The ratio is smaller than this.
        double bound() {
            return full / limit;
        }
    }

    /// There is no differential refresh to measure.
    record Failed(String reason) implements Outcome {}

    /// How a query is evaluated in full.
    enum FullWay {
        /// `CREATE TEMPORARY TABLE ... AS`.
        QUERY,
        /// `REFRESH MATERIALIZED VIEW`.
        MATERIALIZED_VIEW;

        @Override
        public String toString() {
            return switch (this) {
                case QUERY -> "query";
                case MATERIALIZED_VIEW -> "matview";
            };
        }
    }
}
