package io.pgtrickle.compiler.diagnostic;

/// Thrown inside the compiler for a query that is larger than it can be maintained; becomes a
/// diagnostic before it leaves the compiler.
public final class QueryTooComplex extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String what;

    /// @param what what there is too much of
    /// @param explanation one sentence for the user
    public QueryTooComplex(String what, String explanation) {
        super(explanation);
        this.what = what;
    }

    /// The reason.
    public Diagnostic diagnostic() {
        return new Diagnostic(
                what, String.valueOf(getMessage()), Diagnostic.Consequence.TOO_COMPLEX);
    }
}
