package io.pgtrickle.compiler.diagnostic;

/// Why a query cannot be maintained differentially.
///
/// @param construct the SQL name of the construct
/// @param explanation one sentence that says where it occurs
public record Diagnostic(String construct, String explanation) {

    /// The reason as one line.
    public String reason() {
        return construct + ": " + explanation;
    }
}
