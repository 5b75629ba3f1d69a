package io.pgtrickle.runtime.session;

import java.util.Optional;

/// Whose rights a statement has.
///
/// @param role the OID of a role, empty for the session's own
public record Rights(Optional<Long> role) {
    /// Those that pg_trickle works with: of the role that installed it, or of the connection.
    public static final Rights OWN = new Rights(Optional.empty());

    /// Those of a role, for what that role has written.
    public static Rights of(long role) {
        return new Rights(Optional.of(role));
    }
}
