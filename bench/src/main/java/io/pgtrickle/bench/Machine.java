package io.pgtrickle.bench;

import com.sun.management.OperatingSystemMXBean;
import io.pgtrickle.runtime.jdbc.Sql;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// What the measurements were made on, for the head of the report.
///
/// @param facts by name, in order
record Machine(Map<String, String> facts) {
    private static final Path CPU = Path.of("/proc/cpuinfo");
    private static final double GIBIBYTE = 1024.0 * 1024 * 1024;
    private static final String SETTINGS =
            "'shared_buffers', 'work_mem', 'fsync', 'synchronous_commit', 'wal_level', 'max_wal_size', 'autovacuum'";

    /// Looks at this machine and the server.
    ///
    /// @param loadBefore the system's load average before anything was measured
    static Machine of(Connection connection, double loadBefore) throws SQLException {
        OperatingSystemMXBean system = system();
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("Processor", processor() + ", " + cores(system.getAvailableProcessors()));
        facts.put("Memory", String.format(Locale.ROOT, "%.0f GiB", memory() / GIBIBYTE));
        facts.put("System", system.getName() + " " + system.getVersion() + " " + system.getArch());
        facts.put("PostgreSQL", text(connection, "SHOW server_version"));
        facts.put(
                "Settings",
                text(
                        connection,
                        "SELECT string_agg(name || ' = ' || current_setting(name), ', ' ORDER BY name)"
                                + " FROM pg_settings WHERE name IN ("
                                + SETTINGS
                                + ")"));
        facts.put("Java", Runtime.version() + ", " + System.getProperty("java.vm.name", ""));
        facts.put("Load average before the run", load(loadBefore));
        return new Machine(facts);
    }

    /// The memory in bytes.
    static long memory() {
        return system().getTotalMemorySize();
    }

    private static OperatingSystemMXBean system() {
        return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    }

    /// The system's load average over the last minute, negative where it is not known.
    static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }

    private static String load(double value) {
        return value < 0 ? "not known" : String.format(Locale.ROOT, "%.1f", value);
    }

    private static String cores(int count) {
        return count == 1 ? "1 core" : count + " cores";
    }

    private static String text(Connection connection, String sql) throws SQLException {
        return Sql.one(connection, sql, row -> row.getString(1));
    }

    private static String processor() {
        String unknown = System.getProperty("os.arch", "unknown");
        if (!Files.isReadable(CPU)) {
            return unknown;
        }
        try {
            return Files.readAllLines(CPU).stream()
                    .filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .findFirst()
                    .orElse(unknown);
        } catch (IOException e) {
            return unknown;
        }
    }
}
