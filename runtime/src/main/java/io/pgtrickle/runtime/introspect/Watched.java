package io.pgtrickle.runtime.introspect;

/// What a query is made of and what can be altered or replaced under it: the relations and the
/// columns it uses, views, routines, types, operators, collations.
///
/// @param objects `[catalog, OID, column]` of each, a JSON array as `pgtrickle._watch` takes it
public record Watched(String objects) {}
