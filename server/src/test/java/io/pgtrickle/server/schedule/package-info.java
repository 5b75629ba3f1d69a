/// Tests of scheduling.
@NullMarked
package io.pgtrickle.server.schedule;

import org.jspecify.annotations.NullMarked;
