/// The service: leads or stands by, and keeps the stream tables of one database fresh.
@NullMarked
package io.pgtrickle.server;

import org.jspecify.annotations.NullMarked;
