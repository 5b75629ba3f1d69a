package io.pgtrickle.compiler.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Comparator;

/// Comparison and arithmetic of values that are not NULL. Numbers of different classes compare and
/// compute by value: two `Long`s give a `Long`, anything with a [Fraction] a [Fraction], the rest a
/// `BigDecimal` whose scale is that of SQL's `numeric`.
final class Values {

    /// By value, and equal values by image: picks the same one of `1.0` and `1.00` however they are
    /// met.
    static final Comparator<Object> BY_IMAGE =
            ((Comparator<Object>) Values::compare).thenComparing(Object::toString);

    private static final BigInteger MIN_LONG = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger MAX_LONG = BigInteger.valueOf(Long.MAX_VALUE);

    private Values() {}

    /// The order of `<` and `=`.
    ///
    /// @throws IllegalArgumentException when the values are of different types
    static int compare(Object left, Object right) {
        if (left instanceof Long first && right instanceof Long second) {
            return Long.compare(first, second);
        }
        if (left instanceof String first && right instanceof String second) {
            return first.compareTo(second);
        }
        if (left instanceof Boolean first && right instanceof Boolean second) {
            return Boolean.compare(first, second);
        }
        if (left instanceof BigDecimal first && right instanceof BigDecimal second) {
            return first.compareTo(second);
        }
        return fraction(left).compareTo(fraction(right));
    }

    static Object plus(Object left, Object right) {
        if (left instanceof Long first && right instanceof Long second) {
            return Math.addExact(first, second);
        }
        return left instanceof Fraction || right instanceof Fraction
                ? fraction(left).plus(fraction(right))
                : decimal(left).add(decimal(right));
    }

    static Object minus(Object left, Object right) {
        return plus(left, times(right, -1L));
    }

    static Object times(Object left, Object right) {
        if (left instanceof Long first && right instanceof Long second) {
            return Math.multiplyExact(first, second);
        }
        return left instanceof Fraction || right instanceof Fraction
                ? fraction(left).times(fraction(right))
                : decimal(left).multiply(decimal(right));
    }

    /// A value that is the same object, as `equals` says, for all that compare equal.
    static Object canonical(Object value) {
        if (value instanceof BigDecimal || value instanceof Fraction) {
            Fraction exact = fraction(value);
            BigInteger whole = exact.numerator();
            boolean integer =
                    exact.denominator().equals(BigInteger.ONE)
                            && whole.compareTo(MIN_LONG) >= 0
                            && whole.compareTo(MAX_LONG) <= 0;
            return integer ? (Object) whole.longValueExact() : exact;
        }
        return value;
    }

    /// The number as an exact fraction.
    ///
    /// @throws IllegalArgumentException when the value is not a number
    static Fraction fraction(Object number) {
        return switch (number) {
            case Fraction fraction -> fraction;
            case Long integer -> Fraction.of(integer);
            case BigDecimal decimal -> Fraction.of(decimal);
            default -> throw new IllegalArgumentException("not a number: " + number);
        };
    }

    private static BigDecimal decimal(Object number) {
        return switch (number) {
            case Long integer -> BigDecimal.valueOf(integer);
            case BigDecimal decimal -> decimal;
            default -> throw new IllegalArgumentException("not a number: " + number);
        };
    }
}
