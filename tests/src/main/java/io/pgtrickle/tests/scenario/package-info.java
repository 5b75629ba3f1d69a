/// Random schemas, data and transactions.
@NullMarked
package io.pgtrickle.tests.scenario;

import org.jspecify.annotations.NullMarked;
