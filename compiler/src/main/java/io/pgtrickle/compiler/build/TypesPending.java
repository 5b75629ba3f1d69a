package io.pgtrickle.compiler.build;

/// The compilation cannot go on before the types that were asked for are known.
public final class TypesPending extends RuntimeException {
    private static final long serialVersionUID = 1L;

    TypesPending() {
        super("types are not known yet", null, false, false);
    }
}
