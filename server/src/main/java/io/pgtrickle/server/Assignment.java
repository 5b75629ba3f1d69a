package io.pgtrickle.server;

import io.pgtrickle.server.calls.CallAddress;
import io.pgtrickle.server.schedule.Pace;
import org.slf4j.Logger;

/// What a service does for one of its databases. Immutable.
///
/// @param start how it works where no setting says otherwise
/// @param idle how many connections for refreshes are kept while nothing happens
/// @param calls where calls of the SQL API are taken
/// @param log of what happens to this database
record Assignment(Service.Address address, Pace start, int idle, CallAddress calls, Logger log) {}
