package io.pgtrickle.tests.api;

import io.pgtrickle.tests.postgres.TestDatabase.Session;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;

/// A database with a running service for the tests of a class, and a session of its owner for each
/// of them, who finds no tables and leaves none.
abstract class ServiceTest {
    static ApiDatabase database;
    Session session;

    @BeforeAll
    static void start() {
        database = ApiDatabase.create();
    }

    @AfterAll
    static void stop() {
        database.close();
    }

    @BeforeEach
    final void open() {
        session = database.session();
    }

    @AfterEach
    final void leaveNothing() {
        session.close();
        try (Session other = database.session()) {
            String oldest =
                    "SELECT format('%I.%I', pgt_schema, pgt_name) FROM pgtrickle.pgt_stream_tables ORDER BY pgt_id LIMIT 1";
            for (List<List<String>> found = other.query(oldest);
                    !found.isEmpty();
                    found = other.query(oldest)) {
                other.execute(
                        "SELECT pgtrickle.drop_stream_table($n$"
                                + found.getFirst().getFirst()
                                + "$n$, cascade => true)");
            }
            for (List<String> table :
                    other.query(
                            "SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace"
                                    + " AND c.relkind IN ('r', 'p') AND NOT c.relispartition")) {
                other.execute("DROP TABLE " + table.getFirst() + " CASCADE");
            }
        }
    }
}
