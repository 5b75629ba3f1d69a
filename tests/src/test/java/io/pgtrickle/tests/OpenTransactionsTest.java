package io.pgtrickle.tests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgtrickle.runtime.outcome.RefreshOutcome.Action;
import io.pgtrickle.tests.postgres.TestDatabase.Session;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Transactions that end long after they wrote.
final class OpenTransactionsTest extends DatabaseTest {
    private static final String ONE = "SELECT id, v FROM a";
    private static final String TWO = "SELECT a.id, a.v, b.w FROM a JOIN b ON a.id = b.id";

    @BeforeEach
    void tables() {
        database.execute(
                "CREATE TABLE a (id int PRIMARY KEY, v text)",
                "CREATE TABLE b (id int PRIMARY KEY, w text)",
                "INSERT INTO a VALUES (1, 'one')",
                "INSERT INTO b VALUES (1, 'eins')");
    }

    @Test
    void aTransactionOpenOverThreeRefreshesIsThereAfterTheFourth() {
        create("s", ONE);
        try (Session late = database.session()) {
            late.execute("BEGIN", "INSERT INTO a VALUES (2, 'late')");
            for (int i = 0; i < 3; i++) {
                database.execute("INSERT INTO a VALUES (" + (10 + i) + ", 'early')");
                assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
                assertFresh("s", ONE);
            }
            late.execute("COMMIT");
        }
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ONE);
        assertThat(database.value("SELECT count(*) FROM s WHERE v = 'late'")).isEqualTo("1");
    }

    @Test
    void aTransactionOverTwoSourcesOpenOverThreeRefreshesIsThereAfterTheFourth() {
        create("s", TWO);
        try (Session late = database.session()) {
            late.execute(
                    "BEGIN",
                    "INSERT INTO a VALUES (2, 'late')",
                    "INSERT INTO b VALUES (2, 'spät')");
            for (int i = 0; i < 3; i++) {
                database.execute(
                        "INSERT INTO a VALUES (" + (10 + i) + ", 'early')",
                        "INSERT INTO b VALUES (" + (10 + i) + ", 'früh')");
                assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
                assertFresh("s", TWO);
            }
            late.execute("COMMIT");
        }
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", TWO);
        assertThat(database.value("SELECT count(*) FROM s WHERE v = 'late'")).isEqualTo("1");
    }

    @Test
    void aRolledBackTransactionIsNeverThere() {
        create("s", TWO);
        try (Session open = database.session()) {
            open.execute(
                    "BEGIN", "INSERT INTO a VALUES (2, 'no')", "INSERT INTO b VALUES (2, 'nein')");
            open.execute("UPDATE a SET v = 'no' WHERE id = 1");
            assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
            assertFresh("s", TWO);
            open.execute("ROLLBACK");
        }
        assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
        assertFresh("s", TWO);
    }

    @Test
    void commitsOutOfOrderAreAllApplied() {
        create("s", ONE);
        try (Session first = database.session();
                Session second = database.session()) {
            first.execute("BEGIN", "INSERT INTO a VALUES (2, 'first')");
            second.execute("BEGIN", "INSERT INTO a VALUES (3, 'second')", "COMMIT");
            assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
            assertFresh("s", ONE);
            first.execute("COMMIT");
        }
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ONE);
    }

    @Test
    void aSavepointRolledBackIsNotThereWhileTheRestIs() {
        create("s", ONE);
        try (Session session = database.session()) {
            session.execute(
                    "BEGIN",
                    "INSERT INTO a VALUES (2, 'kept')",
                    "SAVEPOINT s",
                    "INSERT INTO a VALUES (3, 'gone')",
                    "ROLLBACK TO SAVEPOINT s",
                    "INSERT INTO a VALUES (4, 'kept')",
                    "COMMIT");
        }
        refresh("s");
        assertFresh("s", ONE);
        assertThat(database.value("SELECT count(*) FROM s")).isEqualTo("3");
    }

    @Test
    void aTransactionOpenSinceBeforeTheCreationIsWaitedForOrCaptured() {
        try (Session open = database.session()) {
            // It has a snapshot and a transaction id, but has not touched the source.
            open.execute("BEGIN ISOLATION LEVEL REPEATABLE READ", "INSERT INTO b VALUES (9, 'x')");
            create("s", ONE);
            open.execute("INSERT INTO a VALUES (2, 'old transaction')");
            assertThat(refresh("s")).isEqualTo(Action.NO_DATA);
            open.execute("COMMIT");
        }
        assertThat(refresh("s")).isEqualTo(Action.DIFFERENTIAL);
        assertFresh("s", ONE);
    }
}
