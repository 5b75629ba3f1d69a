package io.pgtrickle.tests.support;

import io.pgtrickle.runtime.api.StreamTableDefinition;
import io.pgtrickle.tests.postgres.TestDatabase;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import io.pgtrickle.tests.postgres.TestServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Whether examples have one determined answer: over the same rows, stored in several orders and
/// read by several plans, a query must give the same multiset, to the last digit.
public final class OneAnswer {
    private static final List<String> PLANS =
            List.of(
                    "RESET ALL",
                    "SET enable_hashagg = off; SET enable_hashjoin = off; SET enable_indexscan = off;"
                            + " SET enable_bitmapscan = off; SET enable_indexonlyscan = off; SET jit = off",
                    "RESET ALL; SET enable_sort = off; SET enable_nestloop = off; SET enable_mergejoin = off;"
                            + " SET enable_material = off; SET jit = off");

    /// Writes the rows of every table anew, in an order that `order` gives.
    private static final String SHUFFLE =
            """
            DO $$ DECLARE t regclass; columns text; BEGIN
                FOR t, columns IN
                    SELECT c.oid::regclass, string_agg(quote_ident(a.attname), ', ')
                    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
                        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                        AND NOT EXISTS (SELECT FROM pg_attribute h
                                        WHERE h.attrelid = c.oid AND h.attname = '__pgt_row_id')
                    GROUP BY c.oid
                LOOP
                    EXECUTE format('CREATE TEMP TABLE copied ON COMMIT DROP AS SELECT * FROM ONLY %s', t);
                    EXECUTE format('DELETE FROM ONLY %s', t);
                    EXECUTE format('INSERT INTO %s (%s) SELECT %s FROM copied ORDER BY md5(%L || copied::text)',
                                   t, columns, columns, ORDER_NUMBER);
                    DROP TABLE copied;
                END LOOP;
            END $$
            """;

    private OneAnswer() {}

    /// The examples with more than one answer, and the answers.
    public static Map<Example, String> violations(SupportPage page, List<Example> examples) {
        try (TestDatabase database = TestServer.shared().database();
                Session session = database.session()) {
            page.schema().forEach(database::execute);
            page.upstream()
                    .forEach((name, query) ->
                            database.streamTables().create(StreamTableDefinition.of(name, query)));
            int version = SupportRun.version(database);
            Map<Example, String> first = new LinkedHashMap<>();
            Map<Example, String> violations = new LinkedHashMap<>();
            for (Rounds.Round round : Rounds.read().subList(0, 2)) {
                round.transactions().forEach(database::execute);
                page.upstream().keySet().forEach(database.streamTables()::refresh);
                first.clear();
                for (int i = 0; i < PLANS.size(); i++) {
                    database.execute(
                            SHUFFLE.replace("ORDER_NUMBER", "'" + round.title() + i + "'"));
                    session.execute(PLANS.get(i).split(";"));
                    for (Example example : examples) {
                        if (promised(example) && example.since() <= version) {
                            String answer = answer(session, example);
                            String known = first.putIfAbsent(example, answer);
                            if (known != null && !known.equals(answer)) {
                                violations.put(example, known + "\nor " + answer);
                            }
                        }
                    }
                }
            }
            return violations;
        }
    }

    private static boolean promised(Example example) {
        return example.expectation() instanceof Expectation.Differential;
    }

    private static String answer(Session session, Example example) {
        return session.value(
                "SELECT string_agg(t, ' ' ORDER BY t COLLATE \"C\") FROM (SELECT q::text AS t FROM ("
                        + example.query()
                        + ") AS q) AS x");
    }
}
