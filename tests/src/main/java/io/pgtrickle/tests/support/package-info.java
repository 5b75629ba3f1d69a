/// The support matrix, `docs/SQL_SUPPORT.md`, read and executed.
@NullMarked
package io.pgtrickle.tests.support;

import org.jspecify.annotations.NullMarked;
