package io.pgtrickle.tests.query;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// The column types that random schemas use.
public enum Type {
    SMALLINT("smallint", Family.INTEGRAL),
    INTEGER("integer", Family.INTEGRAL),
    BIGINT("bigint", Family.INTEGRAL),
    NUMERIC("numeric", Family.NUMBER),
    CENTS("numeric(10,2)", Family.NUMBER),
    AMOUNT(
            "amount",
            Family.NUMBER,
            "CREATE DOMAIN amount AS numeric CHECK (VALUE IS DISTINCT FROM 77)"),
    REAL("real", Family.FLOAT),
    FLOAT("double precision", Family.FLOAT),
    TEXT("text", Family.TEXT),
    VARCHAR("character varying(20)", Family.TEXT),
    CHAR("character(6)", Family.TEXT),
    BOOL("boolean", Family.BOOL),
    DATE("date", Family.DATE),
    TIMESTAMPTZ("timestamp with time zone", Family.TIME),
    UUID("uuid", Family.UUID),
    INTERVAL("interval", Family.INTERVAL),
    MOOD("mood", Family.ENUM, "CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')"),
    RANGE("int4range", Family.RANGE),
    ARRAY("integer[]", Family.ARRAY),
    JSONB("jsonb", Family.JSONB),
    JSON("json", Family.JSON),
    TEXTS("text[]", Family.TEXTS),
    PAIR("pair", Family.PAIR, "CREATE TYPE pair AS (x integer, y text)"),
    MULTIRANGE("int4multirange", Family.MULTIRANGE),
    XML("xml", Family.XML),
    RECORD("record", Family.RECORD);

    private static final List<Type> COLUMNS =
            Arrays.stream(values()).filter(it -> it != XML && it != RECORD).toList();

    private final String sql;
    private final Family family;
    private final String definition;

    Type(String sql, Family family) {
        this(sql, family, "");
    }

    Type(String sql, Family family, String definition) {
        this.sql = sql;
        this.family = family;
        this.definition = definition;
    }

    /// Types whose values can be compared and combined with each other.
    public enum Family {
        INTEGRAL,
        NUMBER,
        FLOAT,
        TEXT,
        BOOL,
        DATE,
        TIME,
        UUID,
        INTERVAL,
        ENUM,
        RANGE,
        ARRAY,
        JSONB,
        JSON,
        TEXTS,
        PAIR,
        MULTIRANGE,
        XML,
        RECORD
    }

    /// The types that columns of tables have.
    public static List<Type> ofColumns() {
        return COLUMNS;
    }

    /// The statement that creates it, empty for the types that are there.
    public Optional<String> definition() {
        return Optional.of(definition).filter(it -> !it.isEmpty());
    }

    /// As written in SQL.
    public String sql() {
        return sql;
    }

    /// What it can be compared with.
    public Family family() {
        return family;
    }

    /// Whether it has `=`, so that it can be grouped and joined.
    public boolean hasEquality() {
        return switch (family) {
            case JSON, XML, RECORD -> false;
            case INTEGRAL,
                    NUMBER,
                    FLOAT,
                    TEXT,
                    BOOL,
                    DATE,
                    TIME,
                    UUID,
                    INTERVAL,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    TEXTS,
                    PAIR,
                    MULTIRANGE ->
                    true;
        };
    }

    /// Whether printing it depends on no setting.
    public boolean printsTheSame() {
        return switch (family) {
            case INTEGRAL, NUMBER, FLOAT, TEXT, BOOL, UUID, JSONB, JSON -> true;
            case DATE, TIME, INTERVAL, ENUM, RANGE, ARRAY, TEXTS, PAIR, MULTIRANGE, XML, RECORD ->
                    false;
        };
    }

    /// Whether `min` and `max` exist for it.
    public boolean hasExtremum() {
        return switch (family) {
            case INTEGRAL, NUMBER, FLOAT, TEXT, DATE, TIME, INTERVAL, ENUM, ARRAY, TEXTS -> true;
            case BOOL, UUID, RANGE, JSONB, JSON, PAIR, MULTIRANGE, XML, RECORD -> false;
        };
    }

    /// Whether `sum` and `avg` exist for it.
    public boolean hasSum() {
        return switch (family) {
            case INTEGRAL, NUMBER, FLOAT, INTERVAL -> true;
            case TEXT,
                    DATE,
                    TIME,
                    BOOL,
                    UUID,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML,
                    RECORD ->
                    false;
        };
    }

    /// Whether equal values look the same. `1.0` and `1.00`, `0` and `-0` do not.
    public boolean looksEqualWhenEqual() {
        return switch (family) {
            case NUMBER, FLOAT, INTERVAL, JSONB, RECORD -> false;
            case INTEGRAL,
                    TEXT,
                    DATE,
                    TIME,
                    BOOL,
                    UUID,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML ->
                    true;
        };
    }

    /// The type of `min` and `max` over it.
    public Type extremum() {
        return switch (this) {
            case VARCHAR -> TEXT;
            case AMOUNT -> NUMERIC;
            default -> this;
        };
    }

    /// The type of `sum` over it.
    public Type sum() {
        return switch (this) {
            case SMALLINT, INTEGER -> BIGINT;
            case FLOAT, REAL, INTERVAL -> this;
            default -> NUMERIC;
        };
    }

    /// The type of `avg` over it.
    public Type average() {
        return switch (family) {
            case FLOAT -> FLOAT;
            case INTERVAL -> INTERVAL;
            default -> NUMERIC;
        };
    }

    /// The type of an operation on both, which are of one family.
    public Type with(Type other) {
        return switch (family) {
            case INTEGRAL -> compareTo(other) >= 0 ? this : other;
            case NUMBER -> NUMERIC;
            case FLOAT -> this == other ? this : FLOAT;
            case TEXT -> this == other ? this : TEXT;
            case BOOL,
                    DATE,
                    TIME,
                    UUID,
                    INTERVAL,
                    ENUM,
                    RANGE,
                    ARRAY,
                    JSONB,
                    JSON,
                    TEXTS,
                    PAIR,
                    MULTIRANGE,
                    XML,
                    RECORD ->
                    this;
        };
    }
}
