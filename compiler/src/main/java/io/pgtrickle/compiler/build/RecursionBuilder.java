package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.build.PlanBuilder.Built;
import io.pgtrickle.compiler.build.PlanBuilder.Environment;
import io.pgtrickle.compiler.build.PlanBuilder.Named;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.plan.Column;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.sql.Query;
import io.pgtrickle.compiler.sql.Query.Body;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Builds recursive common table expressions.
final class RecursionBuilder {
    private final PlanBuilder builder;

    RecursionBuilder(PlanBuilder builder) {
        this.builder = builder;
    }

    Built build(Named.Table named) {
        Query.CommonTable table = named.table();
        Query query = table.query();
        if (!(query.body() instanceof Body.SetOperation operation)
                || operation.operator() != Body.SetOperation.Operator.UNION) {
            throw new UnsupportedConstruct(
                    "WITH RECURSIVE", "The recursive query is not a UNION of two terms.");
        }
        if (query.limit().isPresent()) {
            throw new UnsupportedConstruct(
                    "LIMIT in a recursive query", "The recursive query has a LIMIT.");
        }
        Environment environment = named.environment();
        for (Query.CommonTable inner : query.with()) {
            environment =
                    environment.with(
                            inner.name(),
                            new Named.Table(inner, false, environment, named.enclosing()));
        }
        Built own =
                builder.query(operation.left(), environment, named.enclosing(), Optional.empty())
                        .visible();
        boolean distinct = operation.multiplicity() == Body.SetOperation.Multiplicity.DISTINCT;
        RecursionClauses clauses =
                new RecursionClauses(
                        builder, named, PlanBuilder.renamed(own.names(), table.columnAliases()));
        Built base = clauses.base(new Built(own.plan(), clauses.names(), List.of()), distinct);
        List<String> names = base.names();
        List<Column> output = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            output.add(
                    new Column(
                            builder.names().fresh(names.get(i)),
                            base.plan().output().get(i).type(),
                            Nullability.NULLABLE));
        }
        if (output.stream().anyMatch(column -> column.type().equals(TypeFacts.UNKNOWN))) {
            throw new TypesPending();
        }
        int number = builder.names().number();
        Named.Previous previous = new Named.Previous(number, output, names, clauses::shownToStep);
        Built step =
                builder.query(
                                clauses.step(table.name(), operation.right()),
                                environment.with(table.name(), previous),
                                named.enclosing(),
                                Optional.empty())
                        .visible();
        Plan next = clauses.next(step, output).plan();
        Plan recursion =
                new Plan.Recursive(
                        number, base.plan(), distinct ? repeating(next) : next, distinct, output);
        return clauses.shown(new Built(recursion, names, List.of()));
    }

    /// The same rows, some of them more than once: UNION takes each once anyway, and without
    /// DISTINCT the term makes of each row what it makes of it alone.
    private static Plan repeating(Plan term) {
        return switch (term) {
            case Plan.Distinct distinct -> repeating(distinct.input());
            case Plan.Project project -> project.over(List.of(repeating(project.input())));
            case Plan.Filter filter -> filter.over(List.of(repeating(filter.input())));
            case Plan other -> other;
        };
    }
}
