package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.catalog.Relation;
import io.pgtrickle.compiler.catalog.Relation.Nullability;
import io.pgtrickle.compiler.catalog.Relation.RelationColumn;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.catalog.TypeFacts.Arithmetic;
import io.pgtrickle.compiler.catalog.TypeFacts.Equality;
import io.pgtrickle.compiler.catalog.TypeFacts.Hashing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// The relations of the random cases: small, with nullable columns and without keys.
final class Tables {
    static final TypeFacts TEXT =
            new TypeFacts("text", Arithmetic.NONE, Equality.BY_IMAGE, Hashing.AVAILABLE);

    static final List<TypeFacts> TYPES =
            List.of(TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC, TEXT, TypeFacts.BOOLEAN);

    static final Relation FIRST = relation(1, "r", TypeFacts.BIGINT, TypeFacts.BIGINT, TEXT);
    static final Relation SECOND = relation(2, "s", TypeFacts.BIGINT, TypeFacts.ANY_NUMERIC);
    static final Relation THIRD = relation(3, "t", TypeFacts.BIGINT, TypeFacts.BOOLEAN);

    static final List<Relation> ALL = List.of(FIRST, SECOND, THIRD);

    private Tables() {}

    /// A table whose first column is NOT NULL.
    private static Relation relation(long oid, String name, TypeFacts... types) {
        List<RelationColumn> columns = new ArrayList<>();
        for (TypeFacts type : types) {
            int number = columns.size() + 1;
            Nullability nullability = number == 1 ? Nullability.NOT_NULL : Nullability.NULLABLE;
            columns.add(new RelationColumn(name + number, number, type, nullability));
        }
        return relation(oid, name, columns);
    }

    /// A table with these columns.
    static Relation relation(long oid, String name, List<RelationColumn> columns) {
        return new Relation(
                oid,
                "public",
                name,
                Relation.Kind.TABLE,
                columns,
                List.of(),
                Optional.empty(),
                Optional.empty());
    }
}
