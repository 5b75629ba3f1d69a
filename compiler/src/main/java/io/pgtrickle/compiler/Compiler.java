package io.pgtrickle.compiler;

import io.pgtrickle.compiler.build.DistinctCounts;
import io.pgtrickle.compiler.build.JoinOrder;
import io.pgtrickle.compiler.build.PlanBuilder;
import io.pgtrickle.compiler.build.Pruner;
import io.pgtrickle.compiler.build.Pushdown;
import io.pgtrickle.compiler.build.Refusals;
import io.pgtrickle.compiler.build.TypeAnswers;
import io.pgtrickle.compiler.build.TypesPending;
import io.pgtrickle.compiler.build.UnsupportedConstruct;
import io.pgtrickle.compiler.catalog.QueryAnalysis;
import io.pgtrickle.compiler.catalog.QueryAnalysis.Routine;
import io.pgtrickle.compiler.catalog.TypeFacts;
import io.pgtrickle.compiler.diagnostic.Diagnostic;
import io.pgtrickle.compiler.diagnostic.QueryTooComplex;
import io.pgtrickle.compiler.emit.CompiledQuery;
import io.pgtrickle.compiler.emit.RefreshSize;
import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.plan.Plan;
import io.pgtrickle.compiler.sql.QueryParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// From what PostgreSQL said about a query to everything that maintains it. Pure and thread-safe.
public final class Compiler {
    private Compiler() {}

    /// What a compilation gives.
    public sealed interface Result {
        /// The query can be maintained differentially.
        record Differential(CompiledQuery query) implements Result {}

        /// The query can only be recomputed.
        record FullOnly(CompiledQuery query, Diagnostic reason) implements Result {}

        /// The column types of these SELECTs are needed: describe them and compile again.
        record TypesNeeded(List<String> selects) implements Result {
            public TypesNeeded {
                selects = List.copyOf(selects);
            }
        }
    }

    /// Compiles a query.
    ///
    /// @param answers the column types of SELECTs that earlier calls asked for, by their text
    public static Result compile(QueryAnalysis analysis, Map<String, List<TypeFacts>> answers) {
        Result result = differential(analysis, answers);
        return result instanceof Result.TypesNeeded
                ? result
                : refusal(analysis).map(it -> full(analysis, it)).orElse(result);
    }

    /// Looked for whatever else the query has, since another reason would let it be recomputed.
    private static Optional<Diagnostic> refusal(QueryAnalysis analysis) {
        try {
            return Refusals.of(analysis);
        } catch (QueryParseException | QueryTooComplex | StackOverflowError _) {
            return Optional.empty();
        }
    }

    private static Result differential(
            QueryAnalysis analysis, Map<String, List<TypeFacts>> answers) {
        Optional<Routine> offender = analysis.volatileRoutine();
        if (offender.isPresent()) {
            Routine routine = offender.get();
            return full(
                    analysis,
                    new Diagnostic(
                            "volatile function " + routine.schema() + "." + routine.name(),
                            "Its result can change from one row or moment to the next."));
        }
        TypeAnswers types = new TypeAnswers(answers);
        try {
            Plan plan = visible(PlanBuilder.build(analysis, types), analysis);
            if (!types.questions().isEmpty()) {
                return new Result.TypesNeeded(types.questions());
            }
            Plan optimised = optimise(plan);
            requireCapturable(optimised);
            CompiledQuery compiled = CompiledQuery.differential(analysis, optimised);
            requireStorable(compiled);
            RefreshSize.require(compiled);
            return new Result.Differential(compiled);
        } catch (TypesPending pending) {
            return new Result.TypesNeeded(types.questions());
        } catch (UnsupportedConstruct unsupported) {
            return full(
                    analysis,
                    new Diagnostic(
                            unsupported.construct(), String.valueOf(unsupported.getMessage())));
        } catch (QueryParseException unparsable) {
            return full(
                    analysis,
                    new Diagnostic("unknown syntax", String.valueOf(unparsable.getMessage())));
        } catch (QueryTooComplex tooComplex) {
            return full(analysis, tooComplex.diagnostic());
        } catch (StackOverflowError _) {
            return full(
                    analysis,
                    new QueryTooComplex(
                                    "depth of nesting",
                                    "The query nests expressions or sub-queries more deeply than can be followed.")
                            .diagnostic());
        }
    }

    /// The passes, in order. Joins are ordered by the predicates that have reached them. Pruning
    /// follows, since pushing predicates down changes which columns are read where, and shows which
    /// aggregates a grouping needs.
    private static Plan optimise(Plan plan) {
        return DistinctCounts.apply(Pruner.apply(JoinOrder.apply(Pushdown.apply(plan))));
    }

    /// The hidden columns of a stream table are not part of its change.
    private static void requireCapturable(Plan plan) {
        plan.scans()
                .filter(scan -> scan.relation().streamTableId().isPresent())
                .flatMap(scan -> scan.sources().stream())
                .filter(column -> !CompiledQuery.isVisible(column.name()))
                .findFirst()
                .ifPresent(column -> {
                    throw new UnsupportedConstruct(
                            "hidden column " + column.name(),
                            "The query uses a hidden column of a stream table; its changes are not captured.");
                });
    }

    /// No table can have a column of an anonymous row type.
    private static void requireStorable(CompiledQuery query) {
        Stream.concat(
                        Stream.of(query.storage()),
                        query.states().stream().map(CompiledQuery.State::storage))
                .flatMap(storage -> storage.columns().stream())
                .filter(column -> column.type().sqlName().matches("record(\\[\\])*"))
                .findFirst()
                .ifPresent(column -> {
                    throw new UnsupportedConstruct(
                            "state of an anonymous row type",
                            "A value that must be kept is a row without a declared type.");
                });
    }

    private static Result full(QueryAnalysis analysis, Diagnostic reason) {
        return new Result.FullOnly(CompiledQuery.full(analysis), reason);
    }

    /// Leaves out the hidden columns of stream tables that a star brought in.
    private static Plan visible(Plan plan, QueryAnalysis analysis) {
        List<Plan.Assignment> kept = new ArrayList<>();
        for (int i = 0; i < analysis.output().size(); i++) {
            if (CompiledQuery.isVisible(analysis.output().get(i).name())) {
                kept.add(
                        new Plan.Assignment(
                                plan.output().get(i), new Expr.Ref(plan.output().get(i).name())));
            }
        }
        return kept.size() == analysis.output().size() ? plan : new Plan.Project(plan, kept);
    }
}
