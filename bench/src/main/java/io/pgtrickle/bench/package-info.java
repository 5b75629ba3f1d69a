/// Workload benchmarks over an embedded PostgreSQL; they write `docs/BENCHMARKS.md`.
@NullMarked
package io.pgtrickle.bench;

import org.jspecify.annotations.NullMarked;
