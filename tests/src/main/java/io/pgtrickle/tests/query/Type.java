package io.pgtrickle.tests.query;

/// The column types that random schemas use.
public enum Type {
    SMALLINT("smallint", Family.INTEGRAL),
    INTEGER("integer", Family.INTEGRAL),
    BIGINT("bigint", Family.INTEGRAL),
    NUMERIC("numeric", Family.NUMBER),
    CENTS("numeric(10,2)", Family.NUMBER),
    FLOAT("double precision", Family.FLOAT),
    TEXT("text", Family.TEXT),
    VARCHAR("character varying(20)", Family.TEXT),
    CHAR("character(6)", Family.TEXT),
    BOOL("boolean", Family.BOOL),
    DATE("date", Family.DATE),
    TIMESTAMPTZ("timestamp with time zone", Family.TIME),
    UUID("uuid", Family.UUID),
    JSONB("jsonb", Family.JSONB),
    JSON("json", Family.JSON);

    private final String sql;
    private final Family family;

    Type(String sql, Family family) {
        this.sql = sql;
        this.family = family;
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
        JSONB,
        JSON
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
        return family != Family.JSON;
    }

    /// Whether `min` and `max` exist for it.
    public boolean hasExtremum() {
        return switch (family) {
            case INTEGRAL, NUMBER, FLOAT, TEXT, DATE, TIME -> true;
            case BOOL, UUID, JSONB, JSON -> false;
        };
    }

    /// Whether `sum` and `avg` exist for it.
    public boolean hasSum() {
        return switch (family) {
            case INTEGRAL, NUMBER, FLOAT -> true;
            case TEXT, DATE, TIME, BOOL, UUID, JSONB, JSON -> false;
        };
    }

    /// Whether equal values look the same. `1.0` and `1.00`, `0` and `-0` do not.
    public boolean looksEqualWhenEqual() {
        return switch (family) {
            case NUMBER, FLOAT, JSONB -> false;
            case INTEGRAL, TEXT, DATE, TIME, BOOL, UUID, JSON -> true;
        };
    }

    /// The type of `sum` over it.
    public Type sum() {
        return switch (this) {
            case SMALLINT, INTEGER -> BIGINT;
            case FLOAT -> FLOAT;
            default -> NUMERIC;
        };
    }

    /// The type of `avg` over it.
    public Type average() {
        return this == FLOAT ? FLOAT : NUMERIC;
    }

    /// The type of an operation on both, which are of one family.
    public Type with(Type other) {
        return switch (family) {
            case INTEGRAL -> compareTo(other) >= 0 ? this : other;
            case NUMBER -> NUMERIC;
            case TEXT -> this == other ? this : TEXT;
            case FLOAT, BOOL, DATE, TIME, UUID, JSONB, JSON -> this;
        };
    }
}
