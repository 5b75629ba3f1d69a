package io.pgtrickle.tests.cost;

import java.util.List;

/// A query for each operator.
public final class CostCases {
    private CostCases() {}

    /// Operators whose cost follows the changes.
    public static List<CostCase> followingTheChanges() {
        return List.of(
                of("filter and projection", "SELECT id, v * 2 AS d FROM a WHERE v > 3"),
                of("inner join", "SELECT a.id, b.id AS b, b.v FROM a JOIN b ON b.a = a.id"),
                of(
                        "three tables",
                        "SELECT b.id, a.v, c.name FROM b JOIN a ON a.id = b.a JOIN c ON c.k = a.k"),
                of("self join", "SELECT x.id, y.id AS y FROM a x JOIN a y ON y.k = x.k"),
                of("left join", "SELECT a.id, b.id AS b FROM a LEFT JOIN b ON b.a = a.id"),
                of("right join", "SELECT a.id, b.id AS b FROM a RIGHT JOIN b ON b.a = a.id"),
                of("full join", "SELECT a.id, b.id AS b FROM a FULL JOIN b ON b.a = a.id"),
                of(
                        "left join twice",
                        "SELECT a.id, b.id AS b, c.name FROM a LEFT JOIN b ON b.a = a.id"
                                + " LEFT JOIN c ON c.k = b.k"),
                of("EXISTS", "SELECT id FROM a WHERE EXISTS (SELECT FROM b WHERE b.a = a.id)"),
                of("IN", "SELECT id FROM a WHERE id IN (SELECT a FROM b WHERE v > 3)"),
                of(
                        "NOT EXISTS",
                        "SELECT id FROM a WHERE NOT EXISTS (SELECT FROM b WHERE b.a = a.id)"),
                of("NOT IN", "SELECT id FROM a WHERE id NOT IN (SELECT a FROM b)"),
                of(
                        "running sums",
                        "SELECT k, count(*) AS n, sum(amount) AS s, avg(v) AS m FROM a GROUP BY k"),
                of("sum of all", "SELECT count(*) AS n, sum(v) AS s FROM a"),
                of("minimum and maximum", "SELECT k, min(v) AS lo, max(v) AS hi FROM a GROUP BY k"),
                of(
                        "recomputed group",
                        "SELECT k, string_agg(v::text, ',' ORDER BY v, id) AS s FROM a GROUP BY k"),
                of("count of distinct", "SELECT k, count(DISTINCT v) AS n FROM a GROUP BY k"),
                of(
                        "group over a join",
                        "SELECT c.name, count(*) AS n, sum(b.v) AS s FROM b JOIN a ON a.id = b.a"
                                + " JOIN c ON c.k = a.k GROUP BY c.name"),
                of(
                        "recomputed group over a join",
                        "SELECT c.k, string_agg(b.v::text, ',' ORDER BY b.v, b.id) AS s FROM b"
                                + " JOIN a ON a.id = b.a JOIN c ON c.k = a.k GROUP BY c.k"),
                of("DISTINCT", "SELECT DISTINCT k, v FROM a"),
                of(
                        "group over a group",
                        "SELECT n, count(*) AS m FROM (SELECT k, count(*) AS n FROM a GROUP BY k) g GROUP BY n"),
                of(
                        "join with a group",
                        "SELECT c.name, g.s FROM c JOIN (SELECT k, sum(v) AS s FROM a GROUP BY k) g ON g.k = c.k"),
                of("HAVING", "SELECT k, sum(v) AS s FROM a GROUP BY k HAVING sum(v) > 100"),
                of(
                        "grouping sets",
                        "SELECT k, v, count(*) AS n FROM a GROUP BY GROUPING SETS ((k), (k, v), ())"),
                of("UNION", "SELECT k, v FROM a UNION SELECT k, v FROM b"),
                of("UNION ALL", "SELECT k, v FROM a UNION ALL SELECT k, v FROM b"),
                of("INTERSECT", "SELECT k, v FROM a INTERSECT SELECT k, v FROM b"),
                of("INTERSECT ALL", "SELECT k FROM a INTERSECT ALL SELECT k FROM b"),
                of("EXCEPT", "SELECT k, v FROM a EXCEPT SELECT k, v FROM b"),
                of("EXCEPT ALL", "SELECT k, v FROM a EXCEPT ALL SELECT k, v FROM b"),
                of(
                        "row_number() filter",
                        "SELECT id, k FROM (SELECT id, k, row_number() OVER (PARTITION BY k ORDER BY v, id) AS n"
                                + " FROM a) x WHERE n <= 3"),
                of(
                        "window over a join",
                        "SELECT b.id, row_number() OVER (PARTITION BY a.k ORDER BY b.id) AS n"
                                + " FROM a JOIN b ON b.a = a.id"),
                of(
                        "EXISTS under OR",
                        "SELECT id FROM a WHERE v > 900 OR EXISTS (SELECT FROM b WHERE b.a = a.id AND b.v < 500)"),
                of(
                        "EXISTS in the select list",
                        "SELECT id, EXISTS (SELECT FROM b WHERE b.a = a.id) AS e FROM a"),
                of(
                        "LATERAL with an aggregate",
                        "SELECT c.k, l.s FROM c CROSS JOIN LATERAL (SELECT sum(v) AS s FROM a WHERE a.k = c.k) l"),
                of(
                        "correlated scalar in the select list",
                        "SELECT c.k, (SELECT sum(v) FROM a WHERE a.k = c.k) AS s FROM c"),
                of(
                        "correlated scalar in WHERE",
                        "SELECT id FROM a WHERE v < (SELECT avg(v) FROM b WHERE b.k = a.k)"),
                of(
                        "CTE used twice",
                        "WITH g AS (SELECT k, sum(v) AS s FROM a GROUP BY k)"
                                + " SELECT x.k, x.s, y.s AS t FROM g x JOIN g y ON y.k = x.k"),
                of("DISTINCT ON", "SELECT DISTINCT ON (k) k, id, v FROM a ORDER BY k, v, id"),
                of("top N", "SELECT id, v FROM a ORDER BY v DESC, id LIMIT 200"),
                of(
                        "top N of groups",
                        "SELECT id, sum(v) AS s FROM a GROUP BY id ORDER BY s DESC, id LIMIT 10"),
                of(
                        "top N of a join",
                        "SELECT b.id, a.v FROM a JOIN b ON b.a = a.id ORDER BY b.v DESC, b.id LIMIT 10"),
                of("unnest", "SELECT id, t FROM a CROSS JOIN LATERAL unnest(tags) AS t"),
                of(
                        "recursive CTE",
                        "WITH RECURSIVE r AS (SELECT id, id AS root FROM node WHERE parent IS NULL"
                                + " UNION ALL SELECT n.id, r.root FROM r JOIN node n ON n.parent = r.id)"
                                + " SELECT id, root FROM r"),
                of("view over view", "SELECT k, s FROM outer_view WHERE s > 10"),
                of(
                        "stream table over stream table",
                        "SELECT c.name, u.s FROM c JOIN upstream u ON u.k = c.k"),
                of("partitioned source", "SELECT k, sum(v) AS s FROM part GROUP BY k"),
                of(
                        "join with a partitioned source",
                        "SELECT a.id, p.v FROM a JOIN part p ON p.id = a.id"));
    }

    /// Operators that read all of a source or of a state table, or change all of the result; what
    /// they cost is in docs/SQL_SUPPORT.md.
    public static List<CostCase> followingTheSources() {
        return List.of(
                of(
                        "LATERAL with LIMIT",
                        "SELECT c.k, l.id, l.v FROM c CROSS JOIN LATERAL"
                                + " (SELECT id, v FROM a WHERE a.k = c.k ORDER BY v, id LIMIT 2) l"),
                of(
                        "uncorrelated scalar that stays",
                        "SELECT id, v - (SELECT min(n) FROM c) AS d FROM a"),
                of(
                        "window over partitions",
                        "SELECT id, rank() OVER (PARTITION BY k ORDER BY v) AS r,"
                                + " sum(v) OVER (PARTITION BY k) AS s FROM a"),
                of(
                        "uncorrelated scalar in the select list that changes",
                        "SELECT k, (SELECT sum(v) FROM a) AS s FROM c"),
                of(
                        "uncorrelated scalar in WHERE that changes",
                        "SELECT id FROM a WHERE v > (SELECT max(v) FROM b) - 1995"),
                of(
                        "NOT IN where NULL can be",
                        "SELECT k FROM c WHERE k NOT IN (SELECT w FROM a WHERE v = 5)"),
                of("window over everything", "SELECT id, rank() OVER (ORDER BY v) AS r FROM a"));
    }

    private static CostCase of(String name, String query) {
        return new CostCase(name, query);
    }
}
