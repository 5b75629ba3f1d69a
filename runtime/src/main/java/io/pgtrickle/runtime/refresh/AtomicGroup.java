package io.pgtrickle.runtime.refresh;

import java.util.Set;

/// Stream tables that are refreshed in one transaction at one snapshot, so that whoever reads
/// several of them, or one that reads several, never sees half of a change.
///
/// @param members ids
/// @param slowest whether it waits until all of them are due, and not for the first
public record AtomicGroup(Set<Long> members, boolean slowest) {
    public AtomicGroup {
        members = Set.copyOf(members);
    }
}
