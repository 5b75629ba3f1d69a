package io.pgtrickle.compiler.diagnostic;

/// Why a query cannot be maintained differentially.
///
/// @param construct the SQL name of the construct, or what is too large
/// @param explanation one sentence that says where it occurs or what it would do
/// @param consequence what becomes of the query
public record Diagnostic(String construct, String explanation, Consequence consequence) {

    /// What becomes of a query that cannot be maintained differentially.
    public enum Consequence {
        /// Something in it has no rule; it is recomputed where that is allowed.
        RECOMPUTED,
        /// Its differential refresh would cost PostgreSQL more than recomputing, which is done
        /// where that is allowed.
        TOO_COMPLEX,
        /// It has no determined answer: whoever wants some answer must ask for it.
        UNDETERMINED,
        /// It is refused.
        REFUSED
    }

    /// A construct without a rule, in a query that can be recomputed.
    public Diagnostic(String construct, String explanation) {
        this(construct, explanation, Consequence.RECOMPUTED);
    }

    /// The reason as one line.
    public String reason() {
        return construct + ": " + explanation;
    }
}
