package io.pgtrickle.compiler.sql;

import static org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLLexer.*;

import java.util.Set;

/// Makes the SQL/JSON functions ready for the grammar, which knows less of them than PostgreSQL.
final class JsonTokens {

    private static final Set<Integer> EMPTY_JSON_ENDS = Set.of(RETURNING, RIGHT_PAREN);
    private static final Set<Integer> PATH_CONSTANTS =
            Set.of(StringConstant, UnicodeEscapeStringConstant, BeginDollarStringConstant);

    /// Calls whose values the grammar wants without FORMAT JSON.
    private static final Set<Integer> WITHOUT_FORMAT =
            Set.of(JSON, JSON_QUERY, JSON_VALUE, JSON_EXISTS, JSON_TABLE);

    private final VisibleTokens tokens;

    JsonTokens(VisibleTokens tokens) {
        this.tokens = tokens;
    }

    /// Adapts the token at `i`, which is the cursor.
    void adapt(int i, int type) {
        switch (type) {
            case JSON ->
                    tokens.retypeIf(
                            tokens.previous() != DOT && tokens.type(i + 1) == LEFT_PAREN,
                            i,
                            COALESCE);
            case JSON_ARRAYAGG, JSON_OBJECTAGG ->
                    tokens.retypeIf(tokens.type(i + 1) == LEFT_PAREN, i, Identifier);
            case COLON -> tokens.retypeIf(tokens.isIn(JSON_OBJECTAGG), i, COMMA);
            case FORMAT -> adaptFormat(i);
            case JSON_ARRAY ->
                    tokens.retypeIf(EMPTY_JSON_ENDS.contains(tokens.type(i + 2)), i, JSON_OBJECT);
            case JSON_QUERY, JSON_VALUE, JSON_EXISTS -> adaptJsonPath(i);
            case JSON_TABLE, JSON_SCALAR, JSON_SERIALIZE, MERGE_ACTION ->
                    tokens.retypeIf(tokens.previous() == DOT, i, Identifier);
            case ABSENT, NULL ->
                    tokens.asideRestIf(isInJsonAggregate() && tokens.type(i + 1) == ON, i);
            case RETURNING -> tokens.asideRestIf(isInJsonAggregate(), i);
            case WITH, WITHOUT ->
                    tokens.asideRestIf(
                            (isInJsonAggregate() || tokens.isIn(JSON))
                                    && tokens.type(i + 1) == UNIQUE,
                            i);
            default -> {
                // The grammar takes it as it is.
            }
        }
    }

    /// `value FORMAT JSON ENCODING UTF8`.
    private void adaptFormat(int i) {
        boolean unknown = isInJsonAggregate() || WITHOUT_FORMAT.stream().anyMatch(tokens::isIn);
        tokens.asideIf(
                unknown && tokens.type(i + 1) == JSON, i, tokens.type(i + 2) == ENCODING ? 4 : 2);
    }

    /// A JSON path that is no constant: the call gets the shape of COALESCE over its value, the
    /// path and what is passed to it, and the rest is set aside.
    private void adaptJsonPath(int i) {
        tokens.retypeIf(tokens.previous() == DOT, i, Identifier);
        if (tokens.previous() == DOT || tokens.type(i + 1) != LEFT_PAREN) {
            return;
        }
        int comma = tokens.next(i + 2, COMMA);
        if (PATH_CONSTANTS.contains(tokens.type(comma + 1))) {
            return;
        }
        tokens.retype(i, COALESCE);
        int end = tokens.closing(i + 1);
        int rest = comma + 1;
        while (rest < end && !startsJsonRest(rest)) {
            if (tokens.type(rest) == PASSING) {
                tokens.retype(rest, COMMA);
            } else if (tokens.type(rest) == AS) {
                tokens.aside(rest, 2);
            }
            rest = tokens.type(rest) == LEFT_PAREN ? tokens.closing(rest) + 1 : rest + 1;
        }
        tokens.aside(rest, end - rest);
    }

    private boolean startsJsonRest(int i) {
        return switch (tokens.type(i)) {
            case RETURNING, KEEP, OMIT, DEFAULT -> true;
            case WITH, WITHOUT -> tokens.type(i + 1) != TIME;
            case NULL, ERROR, TRUE, FALSE, UNKNOWN -> tokens.type(i + 1) == ON;
            case EMPTY ->
                    tokens.type(i + 1) == ON
                            || tokens.type(i + 1) == ARRAY
                            || tokens.type(i + 1) == OBJECT;
            default -> false;
        };
    }

    private boolean isInJsonAggregate() {
        return tokens.isIn(JSON_ARRAYAGG) || tokens.isIn(JSON_OBJECTAGG);
    }
}
