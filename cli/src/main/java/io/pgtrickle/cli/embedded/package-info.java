/// A real PostgreSQL, unpacked from a jar and run as a child process.
@NullMarked
package io.pgtrickle.cli.embedded;

import org.jspecify.annotations.NullMarked;
