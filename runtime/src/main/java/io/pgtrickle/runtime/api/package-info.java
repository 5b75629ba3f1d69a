/// The library: stream tables over a DataSource.
@NullMarked
package io.pgtrickle.runtime.api;

import org.jspecify.annotations.NullMarked;
