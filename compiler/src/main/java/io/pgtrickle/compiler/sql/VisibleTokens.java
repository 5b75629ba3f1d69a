package io.pgtrickle.compiler.sql;

import static org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLLexer.*;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.antlr.v4.runtime.CommonTokenStream;
import org.antlr.v4.runtime.Token;
import org.antlr.v4.runtime.WritableToken;

/// The tokens of a text that are no white space, by position, with a cursor that knows what it is
/// in. Positions outside have the type EOF.
final class VisibleTokens {

    private final List<WritableToken> visible = new ArrayList<>();

    /// The type of the token before each parenthesis that is open at the cursor.
    private final Deque<Integer> openers = new ArrayDeque<>();

    private int previous = EOF;

    VisibleTokens(CommonTokenStream stream) {
        for (Token token : stream.getTokens()) {
            if (token.getChannel() == Token.DEFAULT_CHANNEL
                    && token instanceof WritableToken writable) {
                visible.add(writable);
            }
        }
    }

    int size() {
        return visible.size();
    }

    /// Moves the cursor past a token that had this type before anybody changed it.
    void pass(int type) {
        if (type == LEFT_PAREN) {
            openers.push(previous);
        } else if (type == RIGHT_PAREN && !openers.isEmpty()) {
            openers.pop();
        }
        previous = type;
    }

    /// The type of the token before the cursor.
    int previous() {
        return previous;
    }

    /// The index of the parenthesis that closes the one at `open`.
    int closing(int open) {
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

    /// The index of the first token of a type from `i` on, not counting those in parentheses.
    int next(int i, int type) {
        int found = i;
        while (type(found) != type && type(found) != EOF) {
            found = type(found) == LEFT_PAREN ? closing(found) + 1 : found + 1;
        }
        return found;
    }

    /// The index of the first token after the comma or parenthesis before `i`.
    int itemStart(int i) {
        int depth = 0;
        for (int start = i; start > 0; start--) {
            int before = type(start - 1);
            depth += before == RIGHT_PAREN ? 1 : before == LEFT_PAREN ? -1 : 0;
            if (depth < 0 || (depth == 0 && before == COMMA)) {
                return start;
            }
        }
        return 0;
    }

    /// PostgreSQL prints keywords in upper case and names in lower case or quoted.
    boolean isName(int i) {
        char first = visible.get(i).getText().charAt(0);
        return first == '"' || first == '_' || Character.isLowerCase(first);
    }

    /// Whether the cursor is right below the parentheses of a function.
    boolean isIn(int function) {
        Integer opener = openers.peek();
        return opener != null && opener == function;
    }

    /// Sets aside what stands before the next parenthesis that closes an open one.
    void asideRestIf(boolean condition, int from) {
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

    void asideIf(boolean condition, int from, int count) {
        if (condition) {
            aside(from, count);
        }
    }

    /// Hides tokens from the parser.
    void aside(int from, int count) {
        for (int i = from; i < from + count && type(i) != EOF; i++) {
            visible.get(i).setChannel(CanonicalTokens.ASIDE);
        }
    }

    void retypeIf(boolean condition, int i, int type) {
        if (condition) {
            retype(i, type);
        }
    }

    void retype(int i, int type) {
        visible.get(i).setType(type);
    }

    int type(int i) {
        return i < visible.size() ? visible.get(i).getType() : EOF;
    }
}
