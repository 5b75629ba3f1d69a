package io.pgtrickle.cli.connect;

import java.util.ArrayList;
import java.util.List;

/// Lists of `host[:port]`.
final class Hosts {
    private static final int DEFAULT_PORT = 5432;

    private Hosts() {}

    /// Checks the syntax; the text stays as it is.
    static String checked(String hosts) {
        withPort(hosts, DEFAULT_PORT);
        return hosts;
    }

    /// Gives each host that has none a port.
    static String withPort(String hosts, int port) {
        List<String> result = new ArrayList<>();
        for (String host : hosts.split(",", -1)) {
            result.add(one(host, port));
        }
        return String.join(",", result);
    }

    private static String one(String host, int port) {
        if (host.startsWith("/")) {
            throw new InvalidUrlException(
                    "\""
                            + host
                            + "\" is a Unix socket directory, and JDBC connects over TCP only: use 127.0.0.1");
        }
        int colon = host.lastIndexOf(':');
        boolean bareIpv6 = !host.startsWith("[") && host.indexOf(':') != colon;
        if (bareIpv6) {
            return "[" + host + "]:" + port;
        }
        if (colon < 0 || host.endsWith("]")) {
            return (host.isEmpty() ? "localhost" : host) + ":" + port;
        }
        String name = host.substring(0, colon);
        return (name.isEmpty() ? "localhost" : name) + ":" + port(host.substring(colon + 1));
    }

    static int port(String text) {
        if (text.matches("\\d{1,5}")) {
            int port = Integer.parseInt(text);
            if (port >= 1 && port <= 65_535) {
                return port;
            }
        }
        throw new InvalidUrlException("the port \"" + text + "\" is not a number from 1 to 65535");
    }
}
