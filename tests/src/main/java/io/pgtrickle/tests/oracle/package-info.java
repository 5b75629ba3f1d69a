/// Runs random scenarios, compares after each refresh, and shrinks what fails.
@NullMarked
package io.pgtrickle.tests.oracle;

import org.jspecify.annotations.NullMarked;
