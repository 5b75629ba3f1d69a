/// What can be wrong with a query, as data.
@NullMarked
package io.pgtrickle.compiler.diagnostic;

import org.jspecify.annotations.NullMarked;
