/// TPC-H: its tables at any scale, its 22 queries, its refresh functions and further changes.
@NullMarked
package io.pgtrickle.tests.tpch;

import org.jspecify.annotations.NullMarked;
