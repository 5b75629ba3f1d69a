/// Rows of the pgtrickle schema: stream tables, dependencies, history, schema version.
@NullMarked
package io.pgtrickle.runtime.catalog;

import org.jspecify.annotations.NullMarked;
