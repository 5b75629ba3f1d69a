package io.pgtrickle.compiler.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import org.junit.jupiter.api.Test;

class ZSetTest {
    private static final Row ONE = Row.of(1L, null);
    private static final Row TWO = Row.of(2L, "b");

    @Test
    void rowsOfWeightZeroVanish() {
        ZSet rows = ZSet.of(ONE, ONE, TWO).minus(ZSet.of(ONE, ONE));

        assertThat(rows).isEqualTo(ZSet.of(TWO));
        assertThat(rows.minus(rows)).isEqualTo(ZSet.empty()).matches(ZSet::isEmpty);
        assertThat(rows.weights()).containsOnlyKeys(TWO);
    }

    @Test
    void theOrderOfRowsDoesNotMatter() {
        assertThat(ZSet.of(ONE, TWO))
                .isEqualTo(ZSet.of(TWO, ONE))
                .hasSameHashCodeAs(ZSet.of(TWO, ONE));
    }

    @Test
    void weightsAddUp() {
        ZSet rows = ZSet.of(ONE).plus(ZSet.of(ONE, TWO)).minus(ZSet.of(TWO, TWO));

        assertThat(rows.weight(ONE)).isEqualTo(2);
        assertThat(rows.weight(TWO)).isEqualTo(-1);
        assertThat(rows.negate().weight(ONE)).isEqualTo(-2);
        assertThat(rows.isMultiset()).isFalse();
        assertThat(rows).hasToString("{+2 (1, NULL), -1 (2, 'b')}");
    }

    @Test
    void rowsWithTheSameImageMergeUnderMap() {
        assertThat(ZSet.of(ONE, TWO).map(_ -> ONE)).isEqualTo(ZSet.of(ONE, ONE));
        assertThat(ZSet.of(ONE).minus(ZSet.of(TWO)).map(_ -> ONE)).isEqualTo(ZSet.empty());
    }

    @Test
    void filterKeepsWeights() {
        assertThat(ZSet.of(ONE, ONE, TWO).filter(ONE::equals).weight(ONE)).isEqualTo(2);
    }

    @Test
    void distinctKeepsOneCopyOfWhatIsThere() {
        ZSet rows = ZSet.of(ONE, ONE).minus(ZSet.of(TWO));

        assertThat(rows.distinct()).isEqualTo(ZSet.of(ONE));
        assertThat(rows.positive()).isEqualTo(ZSet.of(ONE, ONE));
    }

    @Test
    void rowsAreImagesAndTheirKeysAreValues() {
        Row shorter = Row.of(new BigDecimal("1.0"), null);
        Row longer = Row.of(new BigDecimal("1.00"), null);

        assertThat(shorter).isNotEqualTo(longer);
        assertThat(shorter.key()).isEqualTo(longer.key()).isEqualTo(ONE.key());
        assertThat(Row.of(Fraction.of(1).dividedBy(2)).key())
                .isEqualTo(Row.of(new BigDecimal("0.50")).key());
    }

    @Test
    void fractionsAreInLowestTerms() {
        assertThat(Fraction.of(-6).dividedBy(-4)).isEqualTo(Fraction.of(new BigDecimal("1.50")));
        assertThat(Fraction.of(1).dividedBy(3).plus(Fraction.of(2).dividedBy(3)))
                .isEqualTo(Fraction.of(1));
        assertThat(Fraction.of(1).dividedBy(3)).isLessThan(Fraction.of(new BigDecimal("0.34")));
    }
}
