/// Flat test scripts: their text, and running them against the engine.
@NullMarked
package io.pgtrickle.tests.script;

import org.jspecify.annotations.NullMarked;
