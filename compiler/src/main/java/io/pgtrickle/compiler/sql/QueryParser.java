package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.diagnostic.QueryTooComplex;
import org.antlr.v4.runtime.ANTLRErrorListener;
import org.antlr.v4.runtime.BailErrorStrategy;
import org.antlr.v4.runtime.BaseErrorListener;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.DefaultErrorStrategy;
import org.antlr.v4.runtime.RecognitionException;
import org.antlr.v4.runtime.Recognizer;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.atn.PredictionMode;
import org.antlr.v4.runtime.misc.ParseCancellationException;
import org.jspecify.annotations.Nullable;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_stmtContext;

/// Parses the text that `pg_get_viewdef` prints into a [Query].
///
/// The text must be canonical: names qualified, stars expanded, sub-expressions parenthesised.
/// Shorthands that PostgreSQL never prints back (`TABLE t`, `NATURAL JOIN`) are refused.
public final class QueryParser {

    private static final int MAX_DEPTH = 400;

    private static final ANTLRErrorListener THROWING = new ThrowingListener();

    private QueryParser() {}

    /// Parses one SELECT statement, with or without its closing semicolon.
    ///
    /// @throws QueryParseException if the text is not one
    /// @throws QueryTooComplex if it is nested too deeply
    public static Query parse(String canonicalText) {
        CommonTokenStream tokens = CanonicalTokens.of(canonicalText, THROWING);
        requireShallow(tokens);
        return new QueryReader(new SourceText(tokens)).read(tree(tokens));
    }

    /// The time to read a text grows with more than the square of its depth, and its depth is the
    /// depth of the stack.
    private static void requireShallow(CommonTokenStream tokens) {
        tokens.fill();
        int depth = 0;
        for (Token token : tokens.getTokens()) {
            if (token.getType() == SQLParser.LEFT_PAREN && ++depth > MAX_DEPTH) {
                throw new QueryTooComplex(
                        "depth of nesting",
                        "More than "
                                + MAX_DEPTH
                                + " pairs of parentheses enclose each other in the query.");
            }
            if (token.getType() == SQLParser.RIGHT_PAREN) {
                depth--;
            }
        }
    }

    private static Select_stmtContext tree(CommonTokenStream tokens) {
        try {
            return quickTree(tokens);
        } catch (ParseCancellationException _) {
            return thoroughTree(tokens);
        } catch (StackOverflowError tooDeep) {
            Predictions.forget();
            throw tooDeep;
        }
    }

    private static Select_stmtContext quickTree(CommonTokenStream tokens) {
        SQLParser parser = parser(tokens);
        parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
        parser.setErrorHandler(new BailErrorStrategy());
        Select_stmtContext tree = parser.select_stmt();
        if (tokens.LA(1) != Token.EOF) {
            throw new ParseCancellationException();
        }
        return tree;
    }

    private static Select_stmtContext thoroughTree(CommonTokenStream tokens) {
        tokens.seek(0);
        SQLParser parser = parser(tokens);
        parser.addErrorListener(THROWING);
        parser.getInterpreter().setPredictionMode(PredictionMode.LL);
        parser.setErrorHandler(new DefaultErrorStrategy());
        Select_stmtContext tree = parser.select_stmt();
        Token next = tokens.LT(1);
        if (next.getType() != Token.EOF) {
            throw SourceText.problem(next, "unexpected '" + SourceText.raw(next) + "'");
        }
        return tree;
    }

    private static SQLParser parser(CommonTokenStream tokens) {
        SQLParser parser = new SQLParser(tokens);
        Predictions.install(parser);
        parser.removeErrorListeners();
        return parser;
    }

    private static final class ThrowingListener extends BaseErrorListener {
        @Override
        public void syntaxError(
                Recognizer<?, ?> recognizer,
                @Nullable Object offendingSymbol,
                int line,
                int column,
                String message,
                @Nullable RecognitionException cause) {
            throw new QueryParseException(line, column, message);
        }
    }
}
