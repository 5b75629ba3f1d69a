/// The commands, one class each.
@NullMarked
package io.pgtrickle.cli.command;

import org.jspecify.annotations.NullMarked;
