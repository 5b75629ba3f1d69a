package io.pgtrickle.compiler.sql;

import io.pgtrickle.compiler.sql.Query.Body.SetOperation;
import io.pgtrickle.compiler.sql.Query.Body.SetOperation.Multiplicity;
import io.pgtrickle.compiler.sql.Query.Body.SetOperation.Operator;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.ParserRuleContext;
import org.antlr.v4.runtime.tree.ParseTree;
import org.antlr.v4.runtime.tree.TerminalNode;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_opsContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_ops_no_parensContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_primaryContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Select_stmtContext;
import org.pgcodekeeper.core.parsers.antlr.pg.generated.SQLParser.Set_qualifierContext;

/// Reads one chain of set operations. The grammar gives all of them one precedence, so the chain is
/// flattened and put together again: INTERSECT first, then UNION and EXCEPT from the left.
final class SetOperations {

    private final QueryReader queries;
    private final List<Query> operands = new ArrayList<>();
    private final List<Operator> operators = new ArrayList<>();
    private final List<Multiplicity> multiplicities = new ArrayList<>();

    SetOperations(QueryReader queries) {
        this.queries = queries;
    }

    Query read(ParserRuleContext operations) {
        flatten(operations);
        for (int i = 0; i < operators.size(); ) {
            if (operators.get(i) == Operator.INTERSECT) {
                combine(i);
            } else {
                i++;
            }
        }
        while (!operators.isEmpty()) {
            combine(0);
        }
        return operands.getFirst();
    }

    private void combine(int i) {
        Query right = operands.remove(i + 1);
        operands.set(
                i,
                QueryReader.of(
                        new SetOperation(
                                operators.remove(i),
                                multiplicities.remove(i),
                                operands.get(i),
                                right)));
    }

    private void flatten(ParserRuleContext operations) {
        for (ParseTree child : operations.children) {
            switch (child) {
                case Select_opsContext nested -> flatten(nested);
                case Select_ops_no_parensContext nested -> flatten(nested);
                case Select_primaryContext core -> operands.add(queries.read(core));
                case Select_stmtContext statement -> operands.add(queries.read(statement));
                case Set_qualifierContext qualifier -> qualify(qualifier);
                case TerminalNode word -> operator(word);
                default -> throw SourceText.problem(operations.getStart(), "unknown set operand");
            }
        }
    }

    private void qualify(Set_qualifierContext qualifier) {
        if (qualifier.ALL() != null) {
            multiplicities.set(multiplicities.size() - 1, Multiplicity.ALL);
        }
    }

    private void operator(TerminalNode word) {
        switch (word.getSymbol().getType()) {
            case SQLParser.UNION -> operator(Operator.UNION);
            case SQLParser.INTERSECT -> operator(Operator.INTERSECT);
            case SQLParser.EXCEPT -> operator(Operator.EXCEPT);
            default -> {
                // A parenthesis.
            }
        }
    }

    private void operator(Operator operator) {
        operators.add(operator);
        multiplicities.add(Multiplicity.DISTINCT);
    }
}
