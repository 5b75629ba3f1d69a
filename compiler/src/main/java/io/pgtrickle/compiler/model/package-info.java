/// The reference semantics: plans and delta plans interpreted over in-memory Z-sets.
@NullMarked
package io.pgtrickle.compiler.model;

import org.jspecify.annotations.NullMarked;
