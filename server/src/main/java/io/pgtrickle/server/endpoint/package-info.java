/// The endpoint: a server of PostgreSQL's wire protocol for one function, `pgtrickle.call(text)`,
/// through which sessions of the database ask the service.
@NullMarked
package io.pgtrickle.server.endpoint;

import org.jspecify.annotations.NullMarked;
