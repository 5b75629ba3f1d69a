package io.pgtrickle.compiler.catalog;

/// What the compiler must know about the type of a column. Compared by value; immutable.
///
/// @param sqlName the type as PostgreSQL writes it with its modifier, fit for DDL and casts
/// @param arithmetic how sums over the type behave
/// @param equality whether `=` exists, and means the same value image or only an equal value
/// @param hashing whether the type has a hash function
public record TypeFacts(String sqlName, Arithmetic arithmetic, Equality equality, Hashing hashing) {

    /// How sums over a type behave.
    public enum Arithmetic {
        /// `smallint`, `integer`, `bigint`: exact, without special values.
        INTEGER,
        /// `numeric` with a declared scale: exact, but has NaN, and infinities when the precision
        /// allows.
        FIXED_NUMERIC,
        /// `numeric` without a declared scale: exact, but the scale of a sum depends on its
        /// members.
        NUMERIC,
        /// `real` and `double precision`: not associative.
        FLOATING,
        /// Anything else.
        NONE
    }

    /// What `=` says about two values of a type.
    public enum Equality {
        /// There is no `=`.
        ABSENT,
        /// Equal values may differ in their image, as `1.0` and `1.00` do.
        BY_VALUE,
        /// As [#BY_VALUE], and the operator is not one of `pg_catalog`: `=` by name would find
        /// another one.
        OF_EXTENSION,
        /// Equal values are the same bytes.
        BY_IMAGE
    }

    /// Whether a type can be hashed.
    public enum Hashing {
        AVAILABLE,
        ABSENT
    }

    /// The type of `count(*)`.
    public static final TypeFacts BIGINT =
            new TypeFacts("bigint", Arithmetic.INTEGER, Equality.BY_IMAGE, Hashing.AVAILABLE);

    /// The type of running sums.
    public static final TypeFacts ANY_NUMERIC =
            new TypeFacts("numeric", Arithmetic.NUMERIC, Equality.BY_VALUE, Hashing.AVAILABLE);

    /// The type of predicates.
    public static final TypeFacts BOOLEAN =
            new TypeFacts("boolean", Arithmetic.NONE, Equality.BY_IMAGE, Hashing.AVAILABLE);

    /// Stands for a type that has not been asked for yet.
    public static final TypeFacts UNKNOWN =
            new TypeFacts("unknown", Arithmetic.NONE, Equality.ABSENT, Hashing.ABSENT);

    /// Whether equal values are the same bytes.
    public boolean imageEquality() {
        return equality == Equality.BY_IMAGE;
    }

    /// Whether the type can be hashed.
    public boolean hashable() {
        return hashing == Hashing.AVAILABLE;
    }
}
