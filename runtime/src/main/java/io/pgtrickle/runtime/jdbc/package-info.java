/// The edge to JDBC: statements, transactions, errors by SQLSTATE.
@NullMarked
package io.pgtrickle.runtime.jdbc;

import org.jspecify.annotations.NullMarked;
