package io.pgtrickle.server.schedule;

import io.pgtrickle.runtime.refresh.Tier;
import java.time.Instant;
import java.util.Collection;

/*
 * A worker that is free goes to who has waited longest, where each step down in rank counts as a second that was waited
 * less. So among those that began to wait at the same time the order is that of the ranks; and however many of higher rank
 * there are, none waits for those that came more than a few seconds after it.
 */

/// How urgent the refresh of a unit is among others that wait for a worker. Immutable.
///
/// @param tier of the hottest member
record Rank(UnitKind kind, Tier tier) {
    /// The rank of an ordinary unit.
    ///
    /// @param members how many
    static Rank of(int members) {
        return new Rank(members == 1 ? UnitKind.SINGLETON : UnitKind.ATOMIC_GROUP, Tier.HOT);
    }

    /// The rank of a unit.
    ///
    /// @param members the ranks of its members, each for itself
    /// @param cyclic whether they read each other
    static Rank together(Collection<Rank> members, boolean cyclic) {
        Tier hottest = members.stream().map(Rank::tier).min(Tier::compareTo).orElse(Tier.HOT);
        if (cyclic) {
            return new Rank(UnitKind.CYCLIC_SCC, hottest);
        }
        boolean immediate =
                members.stream().allMatch(it -> it.kind() == UnitKind.IMMEDIATE_CLOSURE);
        if (immediate) {
            return new Rank(UnitKind.IMMEDIATE_CLOSURE, hottest);
        }
        return new Rank(Rank.of(members.size()).kind(), hottest);
    }

    /// When it would have had to begin to wait to count as much if it were of the most urgent kind.
    Instant turn(Instant waitsSince) {
        return waitsSince.plusSeconds(
                switch (kind) {
                    case IMMEDIATE_CLOSURE -> 0;
                    case ATOMIC_GROUP -> 1;
                    case SINGLETON ->
                            switch (tier) {
                                case HOT -> 2;
                                case WARM -> 3;
                                case COLD, FROZEN -> 4;
                            };
                    case CYCLIC_SCC -> 5;
                });
    }
}
