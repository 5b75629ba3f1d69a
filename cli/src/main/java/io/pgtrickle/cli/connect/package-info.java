/// Which database a command talks to.
@NullMarked
package io.pgtrickle.cli.connect;

import org.jspecify.annotations.NullMarked;
