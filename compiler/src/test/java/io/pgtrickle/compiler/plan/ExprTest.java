package io.pgtrickle.compiler.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What a predicate is known to say. That it is true of rows is what the laws test.
class ExprTest {
    private static final Expr JOINED = compare("a", "=", "b");
    private static final Expr SMALL = compare("a", "<", "x");
    private static final Expr LARGE = compare("a", ">", "x");
    private static final Expr OTHER = compare("b", ">", "y");

    @Test
    void alternativesGiveWhatTheyHaveInCommon() {
        Expr condition = or(and(JOINED, SMALL), and(OTHER, JOINED));
        assertThat(condition.conjuncts()).containsExactly(JOINED, or(SMALL, OTHER));
        assertThat(and(SMALL, condition).conjuncts())
                .containsExactly(SMALL, JOINED, or(SMALL, OTHER));
    }

    @Test
    void anAlternativeThatSaysNoMoreIsAllThatIsSaid() {
        assertThat(or(and(JOINED, SMALL), JOINED).conjuncts()).containsExactly(JOINED);
    }

    @Test
    void alternativesWithNothingInCommonStay() {
        Expr condition = or(and(JOINED, SMALL), OTHER);
        assertThat(condition.conjuncts()).containsExactly(condition);
    }

    @Test
    void aSideIsImpliedWhenEveryAlternativeSaysSomethingOfIt() {
        Expr condition = or(and(JOINED, SMALL), and(OTHER, LARGE));
        assertThat(condition.implied(Set.of("a", "x"))).contains(or(SMALL, LARGE));
        assertThat(condition.implied(Set.of("b", "y"))).isEmpty();
    }

    @Test
    void whatIsNestedIsImpliedToo() {
        Expr condition = or(and(JOINED, or(SMALL, and(LARGE, OTHER))), and(OTHER, LARGE));
        assertThat(condition.implied(Set.of("a", "x"))).contains(or(or(SMALL, LARGE), LARGE));
    }

    @Test
    void aPredicateWithoutColumnsSaysNothingOfASide() {
        assertThat(or(and(Expr.text("f()"), JOINED), SMALL).implied(Set.of("a", "x"))).isEmpty();
    }

    @Test
    void thousandsOfAlternativesAreNotNested() {
        List<Expr> alternatives =
                IntStream.range(0, 50_000)
                        .mapToObj(it -> and(JOINED, compare("a", "<>", "c" + it)))
                        .toList();
        assertThat(chain("OR", alternatives).conjuncts()).hasSize(2).startsWith(JOINED);
    }

    private static Expr compare(String left, String operator, String right) {
        return Expr.binary(new Expr.Ref(left), operator, new Expr.Ref(right));
    }

    private static Expr and(Expr left, Expr right) {
        return chain("AND", List.of(left, right));
    }

    private static Expr or(Expr left, Expr right) {
        return chain("OR", List.of(left, right));
    }

    private static Expr chain(String operator, List<Expr> operands) {
        List<String> texts =
                new ArrayList<>(Collections.nCopies(operands.size() + 1, " " + operator + " "));
        texts.set(0, "");
        texts.set(operands.size(), "");
        return new Expr.Template(texts, operands);
    }
}
