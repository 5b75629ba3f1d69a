package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.catalog.TypeFacts;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Types of expressions inside a query. PostgreSQL resolves them, so the compiler asks: an unknown
/// type becomes a question, a SELECT to describe, and the compilation is run again with the
/// answers.
///
/// Mutable while one query is compiled; one thread.
public final class TypeAnswers {
    private final Map<String, List<TypeFacts>> answers;
    private final Set<String> questions = new LinkedHashSet<>();

    /// @param answers the column types of SELECTs that were asked for before
    public TypeAnswers(Map<String, List<TypeFacts>> answers) {
        this.answers = Map.copyOf(answers);
    }

    /// The column types of `select`, which has `count` columns; unknown ones until the question is
    /// answered.
    List<TypeFacts> of(String select, int count) {
        List<TypeFacts> known = answers.get(select);
        if (known != null) {
            return known;
        }
        questions.add(select);
        return Collections.nCopies(count, TypeFacts.UNKNOWN);
    }

    /// The SELECTs whose column types are needed.
    public List<String> questions() {
        return new ArrayList<>(questions);
    }
}
