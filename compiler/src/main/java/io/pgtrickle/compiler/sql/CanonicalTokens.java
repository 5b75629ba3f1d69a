package io.pgtrickle.compiler.sql;

import static org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLLexer.*;

import java.util.Set;
import org.antlr.v4.runtime.ANTLRErrorListener;
import org.antlr.v4.runtime.CharStreams;
import org.antlr.v4.runtime.CommonTokenStream;
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

    private final VisibleTokens tokens;
    private final JsonTokens json;

    private CanonicalTokens(VisibleTokens tokens) {
        this.tokens = tokens;
        this.json = new JsonTokens(tokens);
    }

    static CommonTokenStream of(String text, ANTLRErrorListener errors) {
        SQLLexer lexer = new SQLLexer(CharStreams.fromString(text));
        lexer.removeErrorListeners();
        lexer.addErrorListener(errors);
        CommonTokenStream stream = new CommonTokenStream(lexer);
        stream.fill();
        new CanonicalTokens(new VisibleTokens(stream)).adapt();
        stream.seek(0);
        return stream;
    }

    private void adapt() {
        for (int i = 0; i < tokens.size(); i++) {
            int type = tokens.type(i);
            adapt(i, type);
            tokens.pass(type);
        }
    }

    private void adapt(int i, int type) {
        switch (type) {
            case SEMI_COLON -> tokens.asideIf(tokens.type(i + 1) == EOF, i, 1);
            case USING -> adaptUsing(i);
            case STRIP, PRESERVE ->
                    tokens.asideIf(tokens.isIn(XMLPARSE) && tokens.type(i + 1) == WHITESPACE, i, 2);
            case INDENT ->
                    tokens.asideIf(
                            tokens.isIn(XMLSERIALIZE) && tokens.type(i + 1) == RIGHT_PAREN, i, 1);
            case NO ->
                    tokens.asideIf(tokens.isIn(XMLSERIALIZE) && tokens.type(i + 1) == INDENT, i, 1);
            case DISTINCT -> tokens.asideIf(tokens.previous() == BY, i, 1);
            case AT -> adaptAtLocal(i);
            case IS -> adaptNormalized(i);
            case NORMALIZE -> tokens.retypeIf(tokens.type(i + 1) == LEFT_PAREN, i, COALESCE);
            case DEFAULT -> adaptXmlTableDefault(i);
            case COMMA ->
                    tokens.asideIf(
                            tokens.isIn(NORMALIZE) && NORMAL_FORMS.contains(tokens.type(i + 1)),
                            i,
                            2);
            case SYSTEM_USER -> tokens.retype(i, SESSION_USER);
            case COLLATE -> adaptCollate(i);
            default -> json.adapt(i, type);
        }
    }

    /// `JOIN .. USING (..) AS alias`.
    private void adaptUsing(int i) {
        if (tokens.type(i + 1) != LEFT_PAREN) {
            return;
        }
        int end = tokens.closing(i + 1);
        tokens.asideIf(tokens.type(end + 1) == AS, end + 1, 2);
    }

    /// `x AT LOCAL` has the shape of `x ISNULL`.
    private void adaptAtLocal(int i) {
        if (tokens.type(i + 1) == LOCAL && !NOT_BEFORE_AT.contains(tokens.previous())) {
            tokens.aside(i, 1);
            tokens.retype(i + 1, ISNULL);
        }
    }

    /// `x IS [NOT] [form] NORMALIZED` has the shape of `x IS [NOT] UNKNOWN`.
    private void adaptNormalized(int i) {
        int form = tokens.type(i + 1) == NOT ? i + 2 : i + 1;
        int word = NORMAL_FORMS.contains(tokens.type(form)) ? form + 1 : form;
        if (tokens.type(word) == NORMALIZED) {
            tokens.aside(form, word - form);
            tokens.retype(word, UNKNOWN);
        }
    }

    /// XMLTABLE columns come with DEFAULT before PATH, which the grammar wants the other way round:
    /// each takes the type of the other.
    private void adaptXmlTableDefault(int i) {
        int end = i + 1;
        while (tokens.isIn(XMLTABLE) && !XML_COLUMN_ENDS.contains(tokens.type(end))) {
            end = tokens.type(end) == LEFT_PAREN ? tokens.closing(end) + 1 : end + 1;
        }
        if (tokens.type(end) == PATH) {
            tokens.retype(i, PATH);
            tokens.retype(end, DEFAULT);
        }
    }

    /// The collation of a column definition: `(a text COLLATE "C")`, where an expression has no two
    /// words side by side.
    private void adaptCollate(int i) {
        int start = tokens.itemStart(i);
        boolean definition = start + 1 < i && tokens.isName(start) && tokens.isName(start + 1);
        tokens.asideIf(definition, i, tokens.type(i + 2) == DOT ? 4 : 2);
    }
}
