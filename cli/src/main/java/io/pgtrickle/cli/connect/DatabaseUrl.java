package io.pgtrickle.cli.connect;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// The parts of a database URL; what the URL leaves out is empty.
///
/// Reads `jdbc:postgresql:` URLs as pgjdbc does and `postgresql://` or `postgres://` URIs as libpq
/// does: user and password before the host or as parameters, several hosts, IPv6 addresses in
/// brackets, percent encoding.
///
/// @param hosts `host[:port]`, or several with commas between
/// @param database the database's name
/// @param user the role
/// @param password its password
/// @param parameters the other parameters, by pgjdbc's names
record DatabaseUrl(
        Optional<String> hosts,
        Optional<String> database,
        Optional<String> user,
        Optional<String> password,
        Map<String, String> parameters) {

    /// No URL at all.
    static final DatabaseUrl NONE =
            new DatabaseUrl(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of());

    static DatabaseUrl parse(String url) {
        String text = url.strip();
        boolean jdbc = text.regionMatches(true, 0, "jdbc:", 0, 5);
        String uri = jdbc ? text.substring(5) : text;
        int colon = uri.indexOf(':');
        String scheme = colon < 0 ? "" : uri.substring(0, colon).toLowerCase(Locale.ROOT);
        if (!scheme.equals("postgresql") && !(scheme.equals("postgres") && !jdbc)) {
            throw new InvalidUrlException(
                    "it starts with neither jdbc:postgresql:, postgresql:// nor postgres://");
        }
        String rest = uri.substring(colon + 1);
        if (!rest.startsWith("//") && !jdbc) {
            throw new InvalidUrlException("// is missing after " + scheme + ":");
        }
        int question = rest.indexOf('?');
        Map<String, String> parameters =
                parameters(question < 0 ? "" : rest.substring(question + 1));
        String path = question < 0 ? rest : rest.substring(0, question);
        return path.startsWith("//")
                ? withAuthority(path.substring(2), parameters)
                : assemble(
                        "",
                        decoded(path.startsWith("/") ? path.substring(1) : path),
                        "",
                        parameters);
    }

    private static DatabaseUrl withAuthority(String text, Map<String, String> parameters) {
        int slash = text.indexOf('/');
        String authority = slash < 0 ? text : text.substring(0, slash);
        String database = slash < 0 ? "" : decoded(text.substring(slash + 1));
        int at = authority.lastIndexOf('@');
        String credentials = at < 0 ? "" : authority.substring(0, at);
        return assemble(authority.substring(at + 1), database, credentials, parameters);
    }

    private static DatabaseUrl assemble(
            String authority, String database, String credentials, Map<String, String> given) {
        Map<String, String> parameters = new LinkedHashMap<>(given);
        int colon = credentials.indexOf(':');
        String user = decoded(colon < 0 ? credentials : credentials.substring(0, colon));
        String password = colon < 0 ? "" : decoded(credentials.substring(colon + 1));
        Optional<String> hostParameter = taken(parameters, "host");
        Optional<String> portParameter = taken(parameters, "port");
        String hosts = authority.isEmpty() ? hostParameter.orElse("") : decoded(authority);
        if (!hosts.isEmpty() && portParameter.isPresent() && authority.isEmpty()) {
            hosts = hosts + ":" + portParameter.get();
        }
        return new DatabaseUrl(
                nonEmpty(hosts).map(Hosts::checked),
                taken(parameters, "dbname").or(() -> nonEmpty(database)),
                taken(parameters, "user").or(() -> nonEmpty(user)),
                taken(parameters, "password").or(() -> nonEmpty(password)),
                LibpqParameters.translated(parameters));
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String part : query.split("&", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            int equals = part.indexOf('=');
            if (equals <= 0) {
                throw new InvalidUrlException("the parameter \"" + part + "\" has no value");
            }
            parameters.put(decoded(part.substring(0, equals)), decoded(part.substring(equals + 1)));
        }
        return parameters;
    }

    /// Percent-decodes; unlike in forms, a plus sign is itself.
    private static String decoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer in = StandardCharsets.UTF_8.encode(text);
        while (in.hasRemaining()) {
            byte next = in.get();
            if (next != '%') {
                bytes.write(next);
                continue;
            }
            int high = in.remaining() >= 2 ? Character.digit(in.get(), 16) : -1;
            int low = high >= 0 ? Character.digit(in.get(), 16) : -1;
            if (low < 0) {
                throw new InvalidUrlException("a % is not followed by two hexadecimal digits");
            }
            bytes.write(high * 16 + low);
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static Optional<String> taken(Map<String, String> parameters, String name) {
        return Optional.ofNullable(parameters.remove(name)).flatMap(DatabaseUrl::nonEmpty);
    }

    private static Optional<String> nonEmpty(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }
}
