/// Tests of the endpoint that need no database.
@NullMarked
package io.pgtrickle.server.endpoint;

import org.jspecify.annotations.NullMarked;
