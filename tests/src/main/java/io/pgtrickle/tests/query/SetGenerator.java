package io.pgtrickle.tests.query;

import io.pgtrickle.tests.query.Rel.Duplicates;
import io.pgtrickle.tests.query.Rel.SetOperation;
import io.pgtrickle.tests.query.Rel.SetOperation.Kind;
import io.pgtrickle.tests.query.Rel.Target;
import java.util.ArrayList;
import java.util.List;

/// Random set operations.
final class SetGenerator {
    private final QueryGenerator queries;
    private final Dice dice;

    SetGenerator(QueryGenerator queries) {
        this.queries = queries;
        this.dice = queries.dice();
    }

    /// UNION [ALL] of two SELECTs.
    Rel union(Scope scope) {
        Rel left = queries.select(scope.deeper());
        Rel right = matching(left, scope.deeper());
        Duplicates duplicates =
                dice.chance(0.2) && groupable(left) ? Duplicates.REMOVE : Duplicates.KEEP;
        return new SetOperation(Kind.UNION, duplicates, left, right);
    }

    /// Set operations of all kinds, nested, with ORDER BY and LIMIT in branches.
    Rel any(Scope scope) {
        Rel left = queries.select(scope.deeper());
        int count = dice.between(1, 3);
        Rel all = limited(left);
        for (int i = 0; i < count; i++) {
            Rel right = limited(matching(left, scope.deeper()));
            if (dice.chance(0.25)) {
                right = operation(right, limited(matching(left, scope.deeper())));
            }
            all = operation(all, right);
        }
        return all;
    }

    private Rel operation(Rel left, Rel right) {
        if (!groupable(left) || !groupable(right)) {
            return new SetOperation(Kind.UNION, Duplicates.KEEP, left, right);
        }
        // Without differences and intersections of bags too much would be empty.
        return new SetOperation(
                dice.oneOf(Kind.UNION, Kind.INTERSECT, Kind.EXCEPT, Kind.EXCEPT),
                dice.oneOf(Duplicates.KEEP, Duplicates.REMOVE),
                left,
                right);
    }

    private Rel limited(Rel query) {
        return dice.chance(0.15) && groupable(query)
                ? new OrderGenerator(queries).limited(query)
                : query;
    }

    private static boolean groupable(Rel query) {
        return query.fields().stream().allMatch(field -> field.type().hasEquality());
    }

    /// A SELECT with the same column types as another query.
    private Rel.Select matching(Rel model, Scope scope) {
        From from = queries.froms().from(scope, dice.between(1, 2));
        Expressions expressions = queries.expressions(scope, from.atoms());
        List<Target> targets = new ArrayList<>();
        for (Field field : model.fields()) {
            Expr value = expressions.of(field.type(), 1);
            // A branch's exact type decides the union's, so it is the same.
            Expr cast =
                    value.type() == field.type()
                            ? value
                            : Expr.call(
                                    "CAST(§ AS " + bare(field.type()) + ")", field.type(), value);
            if (value.type().family() == Type.Family.INTEGRAL
                    && value.type().compareTo(field.type()) > 0) {
                cast = Expr.call("CAST(§ % 10 AS " + field.type().sql() + ")", field.type(), value);
            }
            targets.add(new Target(field.name(), cast));
        }
        return Rel.Select.of(targets, from, queries.where(scope, expressions));
    }

    private static String bare(Type type) {
        return type == Type.CENTS ? "numeric" : type.sql();
    }
}
