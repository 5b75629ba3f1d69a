/// Random queries, kept as trees so that they can shrink.
@NullMarked
package io.pgtrickle.tests.query;

import org.jspecify.annotations.NullMarked;
