/// What commands print, as a table, JSON or CSV.
@NullMarked
package io.pgtrickle.cli.output;

import org.jspecify.annotations.NullMarked;
