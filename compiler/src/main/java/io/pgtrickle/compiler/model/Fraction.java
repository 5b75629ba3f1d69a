package io.pgtrickle.compiler.model;

import java.math.BigDecimal;
import java.math.BigInteger;

/// An exact number, such as the average of 1, 1 and 2. Always in lowest terms, so that equal
/// numbers are equal records. Immutable.
///
/// @param numerator carries the sign
/// @param denominator positive
public record Fraction(BigInteger numerator, BigInteger denominator)
        implements Comparable<Fraction> {

    public Fraction {
        if (denominator.signum() == 0) {
            throw new ArithmeticException("division by zero");
        }
        BigInteger divisor = numerator.gcd(denominator);
        BigInteger signed = denominator.signum() < 0 ? divisor.negate() : divisor;
        numerator = numerator.divide(signed);
        denominator = denominator.divide(signed);
    }

    /// The number that a decimal shows.
    public static Fraction of(BigDecimal decimal) {
        return decimal.scale() <= 0
                ? new Fraction(decimal.toBigIntegerExact(), BigInteger.ONE)
                : new Fraction(decimal.unscaledValue(), BigInteger.TEN.pow(decimal.scale()));
    }

    /// An integer.
    public static Fraction of(long integer) {
        return new Fraction(BigInteger.valueOf(integer), BigInteger.ONE);
    }

    /// The sum.
    public Fraction plus(Fraction other) {
        return new Fraction(
                numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
                denominator.multiply(other.denominator));
    }

    /// The product.
    public Fraction times(Fraction other) {
        return new Fraction(
                numerator.multiply(other.numerator), denominator.multiply(other.denominator));
    }

    /// The quotient.
    ///
    /// @throws ArithmeticException when the divisor is zero
    public Fraction dividedBy(long divisor) {
        return new Fraction(numerator, denominator.multiply(BigInteger.valueOf(divisor)));
    }

    @Override
    public int compareTo(Fraction other) {
        return numerator
                .multiply(other.denominator)
                .compareTo(other.numerator.multiply(denominator));
    }

    @Override
    public String toString() {
        return numerator + "/" + denominator;
    }
}
