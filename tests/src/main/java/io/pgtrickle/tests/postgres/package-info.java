/// PostgreSQL servers and databases for tests.
@NullMarked
package io.pgtrickle.tests.postgres;

import org.jspecify.annotations.NullMarked;
