package io.pgtrickle.server.endpoint;

import io.pgtrickle.runtime.outcome.PgTrickleException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// An encoding that a client may speak: PostgreSQL's name and Java's character set. Immutable.
///
/// What PostgreSQL and Java know by the same standard may differ in single characters of East Asian
/// encodings; the bytes that a client sends come back to it as they were.
record ClientEncoding(String name, Charset charset) {
    /// What a connection begins with.
    static final ClientEncoding UTF8 = new ClientEncoding("UTF8", StandardCharsets.UTF_8);

    /// PostgreSQL's name, Java's name and PostgreSQL's other names, as [#key] makes them.
    private static final String[] TABLE = {
        "UTF8 UTF-8 unicode",
        // A database that does not care what its bytes mean; we must, and most often they are this.
        "SQL_ASCII UTF-8",
        "LATIN1 ISO-8859-1 iso88591",
        "LATIN2 ISO-8859-2 iso88592",
        "LATIN3 ISO-8859-3 iso88593",
        "LATIN4 ISO-8859-4 iso88594",
        "LATIN5 ISO-8859-9 iso88599",
        "LATIN7 ISO-8859-13 iso885913",
        "LATIN9 ISO-8859-15 iso885915",
        "LATIN10 ISO-8859-16 iso885916",
        "ISO_8859_5 ISO-8859-5",
        "ISO_8859_6 ISO-8859-6",
        "ISO_8859_7 ISO-8859-7",
        "ISO_8859_8 ISO-8859-8",
        "KOI8R KOI8-R koi8",
        "KOI8U KOI8-U",
        "WIN866 IBM866 alt windows866",
        "WIN874 x-windows-874 windows874",
        "WIN1250 windows-1250 windows1250",
        "WIN1251 windows-1251 win windows1251",
        "WIN1252 windows-1252 windows1252",
        "WIN1253 windows-1253 windows1253",
        "WIN1254 windows-1254 windows1254",
        "WIN1255 windows-1255 windows1255",
        "WIN1256 windows-1256 windows1256",
        "WIN1257 windows-1257 windows1257",
        "WIN1258 windows-1258 abc tcvn tcvn5712 vscii windows1258",
        "EUC_JP EUC-JP",
        "EUC_CN GB2312",
        "EUC_KR EUC-KR",
        "EUC_TW x-EUC-TW",
        "SJIS windows-31j mskanji shiftjis win932 windows932",
        "BIG5 x-windows-950 win950 windows950",
        "GBK x-mswin-936 win936 windows936",
        "UHC x-windows-949 win949 windows949",
        "GB18030 GB18030",
        "JOHAB x-Johab",
    };

    private static final Map<String, ClientEncoding> BY_KEY = byKey();

    private static Map<String, ClientEncoding> byKey() {
        Map<String, ClientEncoding> map = new HashMap<>();
        for (String line : TABLE) {
            String[] names = line.split(" ", -1);
            if (Charset.isSupported(names[1])) {
                ClientEncoding encoding = new ClientEncoding(names[0], Charset.forName(names[1]));
                map.put(key(names[0]), encoding);
                for (int i = 2; i < names.length; i++) {
                    map.put(names[i], encoding);
                }
            }
        }
        return Map.copyOf(map);
    }

    /// The encoding that PostgreSQL knows by a name, if Java has it.
    static Optional<ClientEncoding> named(String name) {
        return Optional.ofNullable(BY_KEY.get(key(name)));
    }

    /// Only letters and digits matter in a name.
    private static String key(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    /// The text of bytes.
    ///
    /// @throws PgTrickleException 22021 when they are not in this encoding
    String decode(byte[] bytes) {
        try {
            return charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException _) {
            throw PgTrickleException.of(
                            "22021", "invalid byte sequence for encoding \"" + name + "\"")
                    .build();
        }
    }

    /// The bytes of a text.
    ///
    /// @throws PgTrickleException 22P05 when this encoding lacks one of its characters
    byte[] encode(String text) {
        try {
            ByteBuffer bytes = charset.newEncoder().encode(CharBuffer.wrap(text));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException _) {
            throw PgTrickleException.of(
                            "22P05",
                            "the answer has a character without equivalent in encoding \""
                                    + name
                                    + "\"")
                    .build();
        }
    }

    /// A name in a startup packet, whose encoding nobody knows.
    static String decodeName(byte[] bytes) {
        try {
            return UTF8.decode(bytes);
        } catch (PgTrickleException _) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
    }
}
