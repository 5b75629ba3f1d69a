package io.pgtrickle.compiler.build;

import io.pgtrickle.compiler.plan.Expr;
import io.pgtrickle.compiler.sql.Query.NamedWindow;
import io.pgtrickle.compiler.sql.Query.Over;
import io.pgtrickle.compiler.sql.Query.SortItem;
import io.pgtrickle.compiler.sql.Query.Window;
import io.pgtrickle.compiler.sql.SqlExpr;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// The windows of one SELECT.
///
/// @param named its WINDOW clause
record WindowSpecs(List<NamedWindow> named) {

    /// A window whose expressions are built.
    record Spec(List<Expr> partition, List<Sort> order, Optional<Expr> frame) {
        Spec map(UnaryOperator<Expr> change) {
            return new Spec(
                    partition.stream().map(change).toList(),
                    order.stream()
                            .map(it -> new Sort(change.apply(it.expression()), it.direction()))
                            .toList(),
                    frame.map(change));
        }
    }

    /// An expression that is sorted by.
    record Sort(Expr expression, String direction) {}

    Spec of(Over over, Function<SqlExpr, Expr> build) {
        Window window =
                switch (over) {
                    case Over.Named(String name) -> resolved(window(name));
                    case Over.Inline(Window inline) -> resolved(inline);
                };
        List<Sort> order = new ArrayList<>();
        for (SortItem item : window.orderBy()) {
            order.add(new Sort(build.apply(item.expression()), item.suffix()));
        }
        return new Spec(
                window.partitionBy().stream().map(build).toList(),
                order,
                window.frame().map(build));
    }

    private Window window(String name) {
        return named.stream()
                .filter(it -> it.name().equals(name))
                .map(NamedWindow::window)
                .findFirst()
                .orElseThrow(() ->
                        new UnsupportedConstruct("window " + name, "The window is not defined."));
    }

    /// A window that extends another has its partition, and its order unless it has one itself.
    private Window resolved(Window window) {
        if (window.base().isEmpty()) {
            return window;
        }
        Window base = resolved(window(window.base().get()));
        return new Window(
                Optional.empty(),
                base.partitionBy(),
                window.orderBy().isEmpty() ? base.orderBy() : window.orderBy(),
                window.frame());
    }
}
