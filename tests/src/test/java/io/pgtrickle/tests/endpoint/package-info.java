/// The endpoint with real clients: dblink of the test server, pgjdbc, and bytes by hand.
@NullMarked
package io.pgtrickle.tests.endpoint;

import org.jspecify.annotations.NullMarked;
