/// What PostgreSQL says about a query, read once and handed to the compiler.
@NullMarked
package io.pgtrickle.runtime.introspect;

import org.jspecify.annotations.NullMarked;
