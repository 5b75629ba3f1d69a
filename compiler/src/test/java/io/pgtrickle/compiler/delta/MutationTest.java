package io.pgtrickle.compiler.delta;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The laws tell right rules from wrong ones: each mutant is caught within the first cases of
/// [LawTest].
class MutationTest {
    private static final long CASES = 10_000;

    @ParameterizedTest
    @EnumSource
    void theLawsCatchTheMutant(Mutant mutant) {
        DeltaRule rule = mutant.rule();

        assertThat(
                        LongStream.rangeClosed(1, CASES)
                                .filter(seed -> Law.broken(LawCase.of(seed), rule).isPresent())
                                .findFirst())
                .as("a case that shows %s to be wrong", mutant)
                .isPresent();
    }

    @ParameterizedTest
    @EnumSource
    void theMutantIsCaughtByAWrongResultNotByAFailure(Mutant mutant) {
        DeltaRule rule = mutant.rule();

        assertThat(
                        LongStream.rangeClosed(1, CASES)
                                .filter(seed -> givesAWrongResult(LawCase.of(seed), rule))
                                .findFirst())
                .as("a case in which %s computes a wrong result", mutant)
                .isPresent();
    }

    private static boolean givesAWrongResult(LawCase it, DeltaRule rule) {
        try {
            return !Law.RESULT_FOLLOWS.holds(it, rule);
        } catch (IllegalStateException | ArithmeticException _) {
            return false;
        }
    }
}
