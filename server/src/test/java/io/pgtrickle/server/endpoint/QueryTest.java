package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class QueryTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT pgtrickle.call('it''s')",
                "SELECT pgtrickle.call( 'it''s')",
                "SELECT pgtrickle.call( E'it''s' )",
            })
    void callsAreUnderstood(String sql) {
        assertThat(Query.of(sql)).isEqualTo(new Query.Call("it's"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "set client_encoding to 'LATIN1'",
                "SET client_encoding TO 'LATIN1';",
                "set client_encoding = 'LATIN1'",
                "set client_encoding=LATIN1",
                "  SET\tclient_encoding\nTO LATIN1 ",
            })
    void theEncodingCanBeSet(String sql) {
        assertThat(Query.of(sql)).isEqualTo(new Query.SetEncoding("LATIN1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ";",
                "SELECT 1",
                "BEGIN",
                "SELECT pgtrickle.call()",
                "SELECT pgtrickle.call('a'",
                "SELECT pgtrickle.call('a', 'b')",
                "SELECT pgtrickle.call('a'), pgtrickle.call('b')",
                "SELECT pgtrickle.call('a'); SELECT pgtrickle.call('b')",
                "SELECT pgtrickle.call(a)",
                "SELECT pgtrickle.other('a')",
                "SELECT * FROM pgtrickle.call('a')",
                "SET search_path TO 'a'",
                "SET client_encodings TO 'a'",
                "SET client_encoding",
                "set client_encoding to 'a'; set b to 'c'",
            })
    void nothingElseIs(String sql) {
        assertThat(Query.of(sql)).isEqualTo(new Query.Unknown());
    }

    @Test
    void aLongTextIsNoLongWork() {
        String spaces = " ".repeat(1 << 20);
        assertThat(Query.of("set client_encoding = a" + spaces + "!"))
                .isEqualTo(new Query.Unknown());
        assertThat(Query.of("SELECT pgtrickle.call('" + spaces + "')"))
                .isEqualTo(new Query.Call(spaces));
    }
}
