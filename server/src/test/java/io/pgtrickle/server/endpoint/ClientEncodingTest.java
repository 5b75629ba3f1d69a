package io.pgtrickle.server.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientEncodingTest {
    private static ClientEncoding named(String name) {
        return ClientEncoding.named(name).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({
        "UTF8, UTF8, UTF-8",
        "utf-8, UTF8, UTF-8",
        "Unicode, UTF8, UTF-8",
        "SQL_ASCII, SQL_ASCII, UTF-8",
        "latin1, LATIN1, ISO-8859-1",
        "ISO 8859-1, LATIN1, ISO-8859-1",
        "LATIN9, LATIN9, ISO-8859-15",
        "WIN1252, WIN1252, windows-1252",
        "Windows1252, WIN1252, windows-1252",
        "EUC_JP, EUC_JP, EUC-JP",
        "Shift_JIS, SJIS, windows-31j",
        "KOI8, KOI8R, KOI8-R",
        "GB18030, GB18030, GB18030",
    })
    void postgresNamesMeanJavaCharacterSets(String name, String canonical, String charset) {
        assertThat(named(name).name()).isEqualTo(canonical);
        assertThat(named(name).charset().name()).isEqualTo(charset);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "LATIN6", "MULE_INTERNAL", "EUC_JIS_2004", "nonsense"})
    void othersAreUnknown(String name) {
        assertThat(ClientEncoding.named(name)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "EUC_CN",
                "EUC_KR",
                "EUC_TW",
                "BIG5",
                "GBK",
                "UHC",
                "JOHAB",
                "KOI8U",
                "WIN866",
                "WIN874",
                "LATIN10",
                "ISO_8859_8"
            })
    void thisJavaHasThem(String name) {
        assertThat(ClientEncoding.named(name)).isPresent();
    }

    @Test
    void textComesBack() {
        assertThat(named("LATIN1").encode("größe")).hasSize(5);
        assertThat(named("LATIN1").decode(named("LATIN1").encode("größe"))).isEqualTo("größe");
        assertThat(named("SJIS").decode(named("SJIS").encode("表\\能"))).isEqualTo("表\\能");
    }

    @Test
    void whatIsNotInTheEncodingIsAnError() {
        assertThatThrownBy(() -> ClientEncoding.UTF8.decode(new byte[] {'a', (byte) 0xff}))
                .isInstanceOfSatisfying(
                        PgTrickleException.class, e -> assertThat(e.sqlState()).isEqualTo("22021"));
        assertThatThrownBy(() -> named("LATIN1").encode("😀"))
                .isInstanceOfSatisfying(
                        PgTrickleException.class, e -> assertThat(e.sqlState()).isEqualTo("22P05"));
        assertThatThrownBy(() -> ClientEncoding.UTF8.encode("half of \ud83d"))
                .isInstanceOf(PgTrickleException.class);
    }

    @Test
    void namesOfUnknownEncodingAreRead() {
        assertThat(ClientEncoding.decodeName("größe".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("größe");
        assertThat(ClientEncoding.decodeName("größe".getBytes(StandardCharsets.ISO_8859_1)))
                .isEqualTo("größe");
    }
}
