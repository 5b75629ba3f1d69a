/// The SQL API's side of the service: calls that come in through the endpoint.
@NullMarked
package io.pgtrickle.server.calls;

import org.jspecify.annotations.NullMarked;
