/// Tests of the service without a database.
@NullMarked
package io.pgtrickle.server;

import org.jspecify.annotations.NullMarked;
