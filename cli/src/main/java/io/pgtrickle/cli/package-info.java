/// The pgtrickle command.
@NullMarked
package io.pgtrickle.cli;

import org.jspecify.annotations.NullMarked;
