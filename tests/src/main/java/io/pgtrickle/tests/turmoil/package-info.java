/// A graph of stream tables that a service looks after while its sources are written and things
/// fail.
@NullMarked
package io.pgtrickle.tests.turmoil;

import org.jspecify.annotations.NullMarked;
