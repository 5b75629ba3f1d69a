/// The lease: at most one service of a database refreshes its stream tables.
@NullMarked
package io.pgtrickle.server.lease;

import org.jspecify.annotations.NullMarked;
