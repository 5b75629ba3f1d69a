/// Tests of the SQL API that needs the service, through real sessions.
@NullMarked
package io.pgtrickle.tests.api;

import org.jspecify.annotations.NullMarked;
