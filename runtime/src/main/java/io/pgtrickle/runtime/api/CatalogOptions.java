package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The settings of a stream table that are columns of its catalog row and nothing more. Checked
/// before anything is done.
///
/// @param columns the columns to set, by name
record CatalogOptions(Map<String, @Nullable Object> columns) {

    private record Option(
            String argument, String column, Function<JsonNode, @Nullable Object> read) {}

    private static final List<Option> OPTIONS =
            List.of(
                    new Option(
                            "diamond_consistency",
                            "diamond_consistency",
                            it -> one("diamond_consistency", it, Set.of("none", "atomic"))),
                    new Option(
                            "diamond_schedule_policy",
                            "diamond_schedule_policy",
                            it -> one("diamond_schedule_policy", it, Set.of("fastest", "slowest"))),
                    new Option("cdc_mode", "requested_cdc_mode", CatalogOptions::capture),
                    new Option("append_only", "is_append_only", JsonNode::asBoolean),
                    new Option(
                            "pooler_compatibility_mode",
                            "pooler_compatibility_mode",
                            JsonNode::asBoolean),
                    new Option(
                            "tier",
                            "refresh_tier",
                            it -> one("tier", it, Set.of("hot", "warm", "cold", "frozen"))),
                    new Option(
                            "fuse",
                            "fuse_mode",
                            it -> one("fuse", it, Set.of("off", "on", "auto"))),
                    new Option("fuse_ceiling", "fuse_ceiling", it -> positive("fuse_ceiling", it)),
                    new Option(
                            "fuse_sensitivity",
                            "fuse_sensitivity",
                            it -> Math.toIntExact(positive("fuse_sensitivity", it))),
                    new Option(
                            "max_differential_joins",
                            "max_differential_joins",
                            it -> {
                                long joins = (long) notNegative("max_differential_joins", it);
                                return joins == 0 ? null : Math.toIntExact(joins);
                            }),
                    new Option(
                            "max_delta_fraction",
                            "max_delta_fraction",
                            it -> {
                                double fraction = notNegative("max_delta_fraction", it);
                                return fraction == 0 ? null : fraction;
                            }));

    /// @throws PgTrickleException with SQLSTATE 22023 for a value that is not allowed
    static CatalogOptions of(CallArguments arguments, RefreshMode mode) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        for (Option option : OPTIONS) {
            arguments
                    .value(option.argument())
                    .ifPresent(it -> columns.put(option.column(), option.read().apply(it)));
        }
        if ("none".equals(columns.get("diamond_consistency"))
                && "slowest".equals(columns.get("diamond_schedule_policy"))) {
            throw invalid(
                    "diamond_schedule_policy \"slowest\"",
                    "Waiting for the slowest means something only when a diamond is refreshed as a whole.",
                    "Use diamond_consistency 'atomic', or policy 'fastest'.");
        }
        if (Boolean.TRUE.equals(columns.get("is_append_only")) && mode == RefreshMode.FULL) {
            throw invalid(
                    "append_only with mode FULL",
                    "A stream table that is recomputed has no path for inserts alone.",
                    "Use mode DIFFERENTIAL or AUTO.");
        }
        if (Boolean.TRUE.equals(columns.get("is_append_only")) && mode == RefreshMode.IMMEDIATE) {
            throw invalid(
                    "append_only with mode IMMEDIATE",
                    "A writer's change is applied at once, whatever it is.",
                    "Use mode DIFFERENTIAL or AUTO.");
        }
        return new CatalogOptions(columns);
    }

    /// Whether the stream table has them already.
    boolean areThoseOf(Session session, long id) throws SQLException {
        if (columns.isEmpty()) {
            return true;
        }
        List<@Nullable Object> values = new ArrayList<>(columns.values());
        values.add(id);
        return session.first(
                        "SELECT "
                                + String.join(" IS NOT DISTINCT FROM ? AND ", columns.keySet())
                                + " IS NOT DISTINCT FROM ? FROM pgtrickle.pgt_stream_tables WHERE pgt_id = ?",
                        row -> row.getBoolean(1),
                        values.toArray())
                .orElse(false);
    }

    /// Stores them.
    void store(Session session, long id) throws SQLException {
        if (columns.isEmpty()) {
            return;
        }
        List<@Nullable Object> values = new ArrayList<>(columns.values());
        values.add(id);
        session.update(
                "UPDATE pgtrickle.pgt_stream_tables SET "
                        + String.join(" = ?, ", columns.keySet())
                        + " = ?, updated_at = now() WHERE pgt_id = ?",
                values.toArray());
    }

    private static String one(String name, JsonNode value, Set<String> allowed) {
        String text = value.asText().strip().toLowerCase(Locale.ROOT);
        if (!allowed.contains(text)) {
            throw invalid(
                    name + " \"" + value.asText() + "\"",
                    "It is not one of the values of " + name + ".",
                    "Use one of " + String.join(", ", allowed.stream().sorted().toList()) + ".");
        }
        return text;
    }

    private static String capture(JsonNode value) {
        String mode = one("cdc_mode", value, Set.of("auto", "trigger", "wal"));
        if (mode.equals("wal")) {
            throw PgTrickleException.of(
                            "0A000", "changes are not captured from the write-ahead log")
                    .detail("They are captured by triggers, which need no replication slot.")
                    .hint("Use cdc_mode 'auto' or 'trigger'.")
                    .build();
        }
        return mode;
    }

    private static long positive(String name, JsonNode value) {
        if (value.asLong() <= 0) {
            throw invalid(
                    name + " " + value.asText(),
                    "It must be greater than zero.",
                    "Give a positive number.");
        }
        return value.asLong();
    }

    private static double notNegative(String name, JsonNode value) {
        if (value.asDouble() < 0) {
            throw invalid(
                    name + " " + value.asText(),
                    "It must not be negative; zero removes the limit.",
                    "Give zero or a positive number.");
        }
        return value.asDouble();
    }

    private static PgTrickleException invalid(String what, String detail, String hint) {
        return PgTrickleException.invalidArgument("invalid argument: " + what, detail, hint);
    }
}
