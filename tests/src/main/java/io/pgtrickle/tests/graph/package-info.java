/// Large graphs of stream tables that a service looks after under a load.
@NullMarked
package io.pgtrickle.tests.graph;

import org.jspecify.annotations.NullMarked;
