package io.pgtrickle.compiler.catalog;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Everything PostgreSQL said about a query. Immutable.
///
/// @param canonicalText the query as `pg_get_viewdef` prints it under `search_path = pg_catalog`
/// @param output the output columns
/// @param relations the relations read, also through views
/// @param routines the functions, operators' functions and aggregates called
public record QueryAnalysis(
        String canonicalText,
        List<OutputColumn> output,
        List<Relation> relations,
        List<Routine> routines) {

    public QueryAnalysis {
        output = List.copyOf(output);
        relations = List.copyOf(relations);
        routines = List.copyOf(routines);
    }

    /// An output column of the query.
    public record OutputColumn(String name, TypeFacts type) {}

    /// A routine that the query calls, directly or as an operator.
    ///
    /// @param schema its schema
    /// @param name its name
    /// @param kind what it is
    /// @param volatility its declared volatility
    /// @param returnsSet whether it returns rows and not one value
    public record Routine(
            String schema,
            String name,
            RoutineKind kind,
            Volatility volatility,
            boolean returnsSet) {}

    /// The kinds of routine.
    public enum RoutineKind {
        FUNCTION,
        AGGREGATE,
        WINDOW
    }

    /// PostgreSQL's volatility classes.
    public enum Volatility {
        IMMUTABLE,
        STABLE,
        VOLATILE
    }

    /// The relation of that schema and name.
    public Optional<Relation> relation(String schema, String name) {
        return relations.stream()
                .filter(relation ->
                        relation.schema().equals(schema) && relation.name().equals(name))
                .findFirst();
    }

    /// The first volatile routine, if there is one.
    public Optional<Routine> volatileRoutine() {
        return routines.stream()
                .filter(routine -> routine.volatility() == Volatility.VOLATILE)
                .findFirst();
    }

    /// The first stable routine, if there is one.
    public Optional<Routine> stableRoutine() {
        return routines.stream()
                .filter(routine -> routine.volatility() == Volatility.STABLE)
                .findFirst();
    }

    /// Texts that mean the same whatever is set, and conversions that do.
    private static final Pattern PLAIN =
            Pattern.compile(
                    "'(?:[^']|'')*'::(?:text|character varying|bpchar|numeric|integer|bigint|smallint|boolean)\\b"
                            + "|::(?:numeric|integer|bigint|smallint|boolean)\\b");

    private static final Pattern UNKNOWN = Pattern.compile("(?i)'|::|cast|xml|json");

    /// Whether it is certain that no setting of a session decides what the query means: it reads
    /// one table, calls immutable functions of PostgreSQL only, and converts nothing to or from
    /// texts of dates and the like.
    public boolean isPlain() {
        return relations.size() == 1
                && routines.stream()
                        .allMatch(routine ->
                                routine.schema().equals("pg_catalog")
                                        && routine.volatility() == Volatility.IMMUTABLE)
                && !UNKNOWN.matcher(PLAIN.matcher(canonicalText).replaceAll("")).find();
    }

    /// Whether `name` is an aggregate that the query calls.
    public boolean aggregates(String name) {
        return routines.stream()
                .anyMatch(routine ->
                        routine.kind() == RoutineKind.AGGREGATE && routine.name().equals(name));
    }
}
