@org.jspecify.annotations.NullMarked
package io.pgtrickle.cli;
