/// Scheduling: which stream tables to refresh when, and the loop that does it.
@NullMarked
package io.pgtrickle.server.schedule;

import org.jspecify.annotations.NullMarked;
