package io.pgtrickle.runtime.refresh;

import java.util.Set;

/// A stream table as the scheduler sees it.
///
/// @param id `pgt_id`
/// @param name schema-qualified name for messages
/// @param schedule as stored: empty string for `calculated`
/// @param full whether its pending changes cannot be known: it is recomputed, or reads a source
///   whose changes are only found by comparing
/// @param populated false until the first refresh, and when everything must be recomputed
/// @param upstream ids of the stream tables it reads
public record Schedulable(
        long id,
        String name,
        String schedule,
        boolean full,
        boolean populated,
        Set<Long> upstream) {}
