/// Hours of a service, and curves of what it takes.
@NullMarked
package io.pgtrickle.tests.soak;

import org.jspecify.annotations.NullMarked;
