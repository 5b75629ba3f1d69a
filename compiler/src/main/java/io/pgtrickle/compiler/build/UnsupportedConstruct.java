package io.pgtrickle.compiler.build;

/// Thrown inside the builder for what has no delta rule; becomes a diagnostic before it leaves the
/// compiler.
public final class UnsupportedConstruct extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String construct;

    /// @param construct the SQL name of what is not supported
    /// @param explanation one sentence for the user
    public UnsupportedConstruct(String construct, String explanation) {
        super(explanation);
        this.construct = construct;
    }

    /// The SQL name of what is not supported.
    public String construct() {
        return construct;
    }
}
