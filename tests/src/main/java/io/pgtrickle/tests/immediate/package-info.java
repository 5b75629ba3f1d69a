/// Many writers over the sources of stream tables of mode IMMEDIATE.
@NullMarked
package io.pgtrickle.tests.immediate;

import org.jspecify.annotations.NullMarked;
