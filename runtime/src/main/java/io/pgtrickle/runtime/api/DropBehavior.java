package io.pgtrickle.runtime.api;

/// What happens to the stream tables that read a dropped one.
public enum DropBehavior {
    /// Refuse to drop.
    RESTRICT,
    /// Drop them as well.
    CASCADE
}
