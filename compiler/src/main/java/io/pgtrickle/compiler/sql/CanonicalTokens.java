package io.pgtrickle.compiler.sql;

import static org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLLexer.*;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.ANTLRErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.WritableToken;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLLexer;

/// The tokens of a canonical text, made ready for the grammar.
///
/// PostgreSQL prints a few constructs that the grammar does not know. Their tokens are set aside on
/// a channel of their own or given the type of a construct with the same shape. The texts of the
/// tokens stay, and the texts are what goes into the syntax tree.
final class CanonicalTokens {

    /// The channel of tokens that the parser must not see but that belong to the text.
    static final int ASIDE = 2;

    private static final Set<Integer> NORMAL_FORMS = Set.of(NFC, NFD, NFKC, NFKD);
    private static final Set<Integer> NOT_BEFORE_AT =
            Set.of(DOT, COMMA, FROM, JOIN, LEFT_PAREN, AS);

    private static final Set<Integer> XML_COLUMN_ENDS = Set.of(PATH, COMMA, RIGHT_PAREN, EOF);

    private final List<WritableToken> visible = new ArrayList<>();

    /// The type of the token before each parenthesis that is open.
    private final Deque<Integer> openers = new ArrayDeque<>();

    private int previous = EOF;

    private CanonicalTokens(CommonTokenStream stream) {
        for (Token token : stream.getTokens()) {
            if (token.getChannel() == Token.DEFAULT_CHANNEL
                    && token instanceof WritableToken writable) {
                visible.add(writable);
            }
        }
    }

    static CommonTokenStream of(String text, ANTLRErrorListener errors) {
        SQLLexer lexer = new SQLLexer(CharStreams.fromString(text));
        lexer.removeErrorListeners();
        lexer.addErrorListener(errors);
        CommonTokenStream stream = new CommonTokenStream(lexer);
        stream.fill();
        new CanonicalTokens(stream).adapt();
        stream.seek(0);
        return stream;
    }

    private void adapt() {
        for (int i = 0; i < visible.size(); i++) {
            int type = type(i);
            adapt(i, type);
            track(type);
            previous = type;
        }
    }

    private void track(int type) {
        if (type == LEFT_PAREN) {
            openers.push(previous);
        } else if (type == RIGHT_PAREN && !openers.isEmpty()) {
            openers.pop();
        }
    }

    private void adapt(int i, int type) {
        switch (type) {
            case SEMI_COLON -> asideIf(type(i + 1) == EOF, i, 1);
            case USING -> adaptUsing(i);
            case STRIP, PRESERVE -> asideIf(isIn(XMLPARSE) && type(i + 1) == WHITESPACE, i, 2);
            case INDENT -> asideIf(isIn(XMLSERIALIZE) && type(i + 1) == RIGHT_PAREN, i, 1);
            case NO -> asideIf(isIn(XMLSERIALIZE) && type(i + 1) == INDENT, i, 1);
            case DISTINCT -> asideIf(previous == BY, i, 1);
            case AT -> adaptAtLocal(i);
            case IS -> adaptNormalized(i);
            case NORMALIZE -> retypeIf(type(i + 1) == LEFT_PAREN, i, COALESCE);
            case JSON -> retypeIf(previous != DOT && type(i + 1) == LEFT_PAREN, i, COALESCE);
            case DEFAULT -> adaptXmlTableDefault(i);
            case COMMA -> asideIf(isIn(NORMALIZE) && NORMAL_FORMS.contains(type(i + 1)), i, 2);
            case SYSTEM_USER -> retype(i, SESSION_USER);
            case JSON_ARRAYAGG, JSON_OBJECTAGG ->
                    retypeIf(type(i + 1) == LEFT_PAREN, i, Identifier);
            case COLON -> retypeIf(isIn(JSON_OBJECTAGG), i, COMMA);
            case FORMAT ->
                    asideIf((isInJsonAggregate() || isIn(JSON)) && type(i + 1) == JSON, i, 2);
            case ABSENT, NULL -> asideRestIf(isInJsonAggregate() && type(i + 1) == ON, i);
            case RETURNING -> asideRestIf(isInJsonAggregate(), i);
            case WITH, WITHOUT ->
                    asideRestIf((isInJsonAggregate() || isIn(JSON)) && type(i + 1) == UNIQUE, i);
            default -> {
                // The grammar takes it as it is.
            }
        }
    }

    /// `JOIN .. USING (..) AS alias`.
    private void adaptUsing(int i) {
        if (type(i + 1) != LEFT_PAREN) {
            return;
        }
        int end = closing(i + 1);
        asideIf(type(end + 1) == AS, end + 1, 2);
    }

    /// `x AT LOCAL` has the shape of `x ISNULL`.
    private void adaptAtLocal(int i) {
        if (type(i + 1) == LOCAL && !NOT_BEFORE_AT.contains(previous)) {
            aside(i, 1);
            retype(i + 1, ISNULL);
        }
    }

    /// `x IS [NOT] [form] NORMALIZED` has the shape of `x IS [NOT] UNKNOWN`.
    private void adaptNormalized(int i) {
        int form = type(i + 1) == NOT ? i + 2 : i + 1;
        int word = NORMAL_FORMS.contains(type(form)) ? form + 1 : form;
        if (type(word) == NORMALIZED) {
            aside(form, word - form);
            retype(word, UNKNOWN);
        }
    }

    /// XMLTABLE columns come with DEFAULT before PATH, which the grammar wants the other way round.
    private void adaptXmlTableDefault(int i) {
        int end = i + 1;
        while (isIn(XMLTABLE) && !XML_COLUMN_ENDS.contains(type(end))) {
            end = type(end) == LEFT_PAREN ? closing(end) + 1 : end + 1;
        }
        asideIf(type(end) == PATH, i, end - i);
    }

    private boolean isInJsonAggregate() {
        return isIn(JSON_ARRAYAGG) || isIn(JSON_OBJECTAGG);
    }

    private boolean isIn(int function) {
        Integer opener = openers.peek();
        return opener != null && opener == function;
    }

    /// The index of the parenthesis that closes the one at `open`.
    private int closing(int open) {
        int depth = 0;
        for (int i = open; i < visible.size(); i++) {
            int type = type(i);
            depth += type == LEFT_PAREN ? 1 : type == RIGHT_PAREN ? -1 : 0;
            if (depth == 0) {
                return i;
            }
        }
        return visible.size();
    }

    private void asideRestIf(boolean condition, int from) {
        int depth = 0;
        for (int i = from; condition && i < visible.size(); i++) {
            int type = type(i);
            depth += type == LEFT_PAREN ? 1 : type == RIGHT_PAREN ? -1 : 0;
            if (depth < 0) {
                return;
            }
            aside(i, 1);
        }
    }

    private void asideIf(boolean condition, int from, int count) {
        if (condition) {
            aside(from, count);
        }
    }

    private void aside(int from, int count) {
        for (int i = from; i < from + count && type(i) != EOF; i++) {
            visible.get(i).setChannel(ASIDE);
        }
    }

    private void retypeIf(boolean condition, int i, int type) {
        if (condition) {
            retype(i, type);
        }
    }

    private void retype(int i, int type) {
        visible.get(i).setType(type);
    }

    private int type(int i) {
        return i < visible.size() ? visible.get(i).getType() : EOF;
    }
}
