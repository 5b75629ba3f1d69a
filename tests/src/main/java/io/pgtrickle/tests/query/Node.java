package io.pgtrickle.tests.query;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// A part of a query that can be taken apart: an expression, an item of FROM, or a query.
public sealed interface Node permits Expr, From, Rel {

    /// Its text.
    String sql();

    /// What it consists of, in a fixed order.
    List<Node> children();

    /// The same with other children, as many and of the same kinds.
    Node with(List<Node> children);

    /// Simpler nodes of the same kind that could stand in its place; not all of them are valid.
    List<Node> shortcuts();

    /// What it is called in the statistics, children not included.
    Set<String> labels();

    /// It and everything below it.
    default Stream<Node> all() {
        return Stream.concat(Stream.of(this), children().stream().flatMap(Node::all));
    }

    /// The same with every node changed, the lowest ones first.
    default Node map(UnaryOperator<Node> change) {
        return change.apply(with(children().stream().map(it -> it.map(change)).toList()));
    }

    /// The same with one simplification anywhere in it.
    default List<Node> smaller() {
        List<Node> found = new ArrayList<>(shortcuts());
        List<Node> children = children();
        for (int i = 0; i < children.size(); i++) {
            for (Node less : children.get(i).smaller()) {
                List<Node> copy = new ArrayList<>(children);
                copy.set(i, less);
                found.add(with(copy));
            }
        }
        return found;
    }

    /// Hands out children in their order.
    final class Parts {
        private final List<Node> nodes;
        private int next;

        Parts(List<Node> nodes) {
            this.nodes = nodes;
        }

        Node any() {
            return nodes.get(next++);
        }

        Expr expr() {
            return (Expr) any();
        }

        From from() {
            return (From) any();
        }

        Rel rel() {
            return (Rel) any();
        }

        List<Expr> exprs(int count) {
            return Stream.generate(this::expr).limit(count).toList();
        }
    }
}
