/// The development instance: embedded PostgreSQL, the service and the demo shop.
@NullMarked
package io.pgtrickle.cli.dev;

import org.jspecify.annotations.NullMarked;
