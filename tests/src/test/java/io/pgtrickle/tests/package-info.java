/// End-to-end, oracle and architecture tests.
@NullMarked
package io.pgtrickle.tests;

import org.jspecify.annotations.NullMarked;
