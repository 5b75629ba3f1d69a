/// What a refresh costs, by operator and by the size of its sources.
@NullMarked
package io.pgtrickle.tests.cost;

import org.jspecify.annotations.NullMarked;
