package io.pgtrickle.compiler.delta;

import io.pgtrickle.compiler.plan.Plan;
import java.util.Set;

/// The operators that have a delta rule.
enum Operator {
    SCAN,
    CONSTANT,
    FILTER,
    PROJECT,
    INNER_JOIN,
    LEFT_JOIN,
    UNION_ALL,
    AGGREGATE,
    DISTINCT,
    FULL_JOIN,
    SEMI_JOIN,
    ANTI_JOIN,
    EXPAND,
    WINDOW,
    LIMIT,
    RECURSIVE,
    WORKING,
    STORED;

    /// The operator at the root of a plan.
    static Operator of(Plan plan) {
        return switch (plan) {
            case Plan.Scan _ -> SCAN;
            case Plan.Constant _ -> CONSTANT;
            case Plan.Filter _ -> FILTER;
            case Plan.Project _ -> PROJECT;
            case Plan.Join join ->
                    switch (join.kind()) {
                        case INNER -> INNER_JOIN;
                        case LEFT -> LEFT_JOIN;
                        case FULL -> FULL_JOIN;
                        case SEMI -> SEMI_JOIN;
                        case ANTI -> ANTI_JOIN;
                    };
            case Plan.UnionAll _ -> UNION_ALL;
            case Plan.Aggregate _ -> AGGREGATE;
            case Plan.Distinct _ -> DISTINCT;
            case Plan.Expand _ -> EXPAND;
            case Plan.Window _ -> WINDOW;
            case Plan.Limit _ -> LIMIT;
            case Plan.Recursive _ -> RECURSIVE;
            case Plan.Working _ -> WORKING;
            case Plan.Stored _ -> STORED;
        };
    }

    /// Adds the operators of a plan.
    static void collect(Plan plan, Set<Operator> operators) {
        operators.add(of(plan));
        plan.children().forEach(child -> collect(child, operators));
    }
}
