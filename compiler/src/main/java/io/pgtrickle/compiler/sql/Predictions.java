package io.pgtrickle.compiler.sql;

import java.util.stream.Stream;
import org.antlr.v4.runtime.atn.ParserATNSimulator;
import org.antlr.v4.runtime.atn.PredictionContextCache;
import org.antlr.v4.runtime.dfa.DFA;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;

/// What the parser has learnt about the grammar from the texts it has read, in place of the cache
/// that the generated parser keeps for ever: it grows with every new shape of query, so it is
/// forgotten when it has become large.
///
/// Thread-safe, as ANTLR's cache is.
final class Predictions {
    /// About 50 MB.
    private static final int MAX_STATES = 20_000;

    private static volatile Predictions current = new Predictions();

    private final DFA[] automata =
            SQLParser._ATN.decisionToState.stream()
                    .map(state -> new DFA(state, state.decision))
                    .toArray(DFA[]::new);
    private final PredictionContextCache contexts = new PredictionContextCache();

    private Predictions() {}

    /// Makes a parser use and extend what is known.
    static void install(SQLParser parser) {
        Predictions known = current;
        if (known.states() > MAX_STATES) {
            forget();
            known = current;
        }
        parser.setInterpreter(
                new ParserATNSimulator(parser, SQLParser._ATN, known.automata, known.contexts));
    }

    /// Forgets everything, where reading a text was interrupted.
    static void forget() {
        current = new Predictions();
    }

    private int states() {
        return Stream.of(automata).mapToInt(automaton -> automaton.states.size()).sum();
    }
}
