package io.pgtrickle.compiler.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.misc.Interval;

/// The source behind the parse tree: token texts as written, with every run of white space made one
/// space.
final class SourceText {

    private final CommonTokenStream tokens;

    SourceText(CommonTokenStream tokens) {
        this.tokens = tokens;
    }

    /// The text of a whole tree node.
    String of(ParserRuleContext node) {
        return between(first(node), last(node));
    }

    /// The text of the tokens `from` to `to`, both included, without white space around.
    String between(int from, int to) {
        return spaced(from, to).strip();
    }

    /// The text of the tokens `from` to `to`, both included, with one space where there is white
    /// space.
    String spaced(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i <= to; i++) {
            append(text, tokens.get(i));
        }
        return text.toString();
    }

    /// The node's text with holes for some of its sub-expressions: one text more than there are
    /// holes.
    List<String> around(int from, int to, List<? extends ParserRuleContext> holes) {
        List<String> texts = new ArrayList<>();
        int position = from;
        for (ParserRuleContext hole : holes) {
            texts.add(spaced(position, first(hole) - 1));
            position = last(hole) + 1;
        }
        texts.add(spaced(position, to));
        return texts;
    }

    /// The tokens after a node that the grammar does not know and that were set aside for its
    /// reader.
    List<Token> setAsideAfter(ParserRuleContext node) {
        List<Token> found = new ArrayList<>();
        for (int i = last(node) + 1; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.getChannel() == Token.DEFAULT_CHANNEL) {
                break;
            }
            if (token.getChannel() == CanonicalTokens.ASIDE) {
                found.add(token);
            }
        }
        return found;
    }

    static int first(ParserRuleContext node) {
        return node.getStart().getTokenIndex();
    }

    static int last(ParserRuleContext node) {
        return node.getStop().getTokenIndex();
    }

    /// The value of an identifier: quotes removed, or lower-cased.
    String name(ParserRuleContext identifier) {
        return name(of(identifier));
    }

    static String name(String written) {
        return written.startsWith("\"")
                ? written.substring(1, written.length() - 1).replace("\"\"", "\"")
                : written.toLowerCase(Locale.ROOT);
    }

    List<String> names(List<? extends ParserRuleContext> identifiers) {
        return identifiers.stream().map(this::name).toList();
    }

    /// A token as it was written, whatever the lexer made of it.
    static String raw(Token token) {
        return token.getType() == Token.EOF
                ? "end of text"
                : token.getInputStream()
                        .getText(Interval.of(token.getStartIndex(), token.getStopIndex()));
    }

    static QueryParseException problem(Token at, String message) {
        return new QueryParseException(at.getLine(), at.getCharPositionInLine(), message);
    }

    private static void append(StringBuilder text, Token token) {
        if (token.getType() == Token.EOF) {
            return;
        }
        if (token.getChannel() != Token.HIDDEN_CHANNEL) {
            text.append(raw(token));
        } else if (text.isEmpty() || text.charAt(text.length() - 1) != ' ') {
            text.append(' ');
        }
    }
}
