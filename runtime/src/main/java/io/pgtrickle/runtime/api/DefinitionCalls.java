package io.pgtrickle.runtime.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.pgtrickle.runtime.api.CallResult.Level;
import io.pgtrickle.runtime.api.CallResult.Notice;
import io.pgtrickle.runtime.catalog.QualifiedName;
import io.pgtrickle.runtime.catalog.StreamTableLookup;
import io.pgtrickle.runtime.catalog.StreamTableRow;
import io.pgtrickle.runtime.introspect.Introspector;
import io.pgtrickle.runtime.jdbc.Errors;
import io.pgtrickle.runtime.outcome.PgTrickleException;
import io.pgtrickle.runtime.refresh.Alert;
import io.pgtrickle.runtime.refresh.Partitioning;
import io.pgtrickle.runtime.refresh.RefreshEngine;
import io.pgtrickle.runtime.session.Session;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Calls that create, change and drop stream tables.
record DefinitionCalls(Session session, RefreshEngine engine) {

    CallResult create(CallArguments arguments) throws SQLException {
        List<Notice> notices = new ArrayList<>();
        createOne(arguments, notices);
        return CallResult.nothing(notices);
    }

    private Creation.Made createOne(CallArguments arguments, List<Notice> notices)
            throws SQLException {
        StreamTableDefinition wanted = definition(arguments);
        CatalogOptions options = CatalogOptions.of(arguments, wanted.mode());
        Creation.Made made = new Creation(session, engine).create(wanted);
        options.store(session, made.id());
        made.warnings().forEach(it -> notices.add(new Notice(Level.WARNING, it)));
        if (wanted.partitioning().isPresent()) {
            StreamTableRow row = StreamTableRow.byId(session, made.id()).orElseThrow();
            Partitioning.warning(session, row)
                    .ifPresent(it -> notices.add(new Notice(Level.WARNING, it)));
        }
        StreamTableStatus status = StatusReader.byId(session, made.id());
        notices.add(
                new Notice(
                        Level.INFO,
                        "stream table " + status.name() + " created, mode " + status.mode()));
        return made;
    }

    private static StreamTableDefinition definition(CallArguments arguments) {
        String schedule =
                arguments
                        .text("schedule")
                        .orElseThrow(() ->
                                PgTrickleException.invalidArgument(
                                        "invalid argument: schedule is NULL",
                                        "A schedule says when a stream table is refreshed.",
                                        "Use 'calculated' for one that follows its sources."));
        return StreamTableDefinition.of(arguments.required("name"), arguments.required("query"))
                .withSchedule(schedule)
                .withMode(RefreshMode.parse(arguments.required("refresh_mode")))
                .withInitialize(arguments.flag("initialize", true))
                .withPartitioning(arguments.text("partition_by").flatMap(Partitioning::parse));
    }

    CallResult createIfNotExists(CallArguments arguments) throws SQLException {
        Optional<StreamTableRow> present = present(arguments);
        return present.isPresent()
                ? CallResult.saying(
                        Level.INFO,
                        "stream table " + present.get().table() + " already exists, skipping")
                : create(arguments);
    }

    CallResult createOrReplace(CallArguments arguments) throws SQLException {
        Optional<StreamTableRow> present = present(arguments);
        return present.isPresent() ? replace(present.get(), arguments) : create(arguments);
    }

    private Optional<StreamTableRow> present(CallArguments arguments) throws SQLException {
        return StreamTableRow.byName(
                session, QualifiedName.forCreation(session, arguments.required("name")));
    }

    private CallResult replace(StreamTableRow row, CallArguments arguments) throws SQLException {
        StreamTableLookup.requireOwner(session, row);
        StreamTableDefinition wanted = definition(arguments);
        CatalogOptions options = CatalogOptions.of(arguments, wanted.mode());
        StreamTableStatus status = StatusReader.byId(session, row.id());
        String schedule = Schedules.text(session, wanted.schedule());
        Alteration alteration = Alteration.none();
        Queries.requireText(wanted.query());
        if (!Introspector.canonicalText(session.as(row.owner()), wanted.query())
                .equals(row.query())) {
            alteration = alteration.withQuery(wanted.query());
        }
        if (!schedule.equals(status.schedule().orElse(StreamTableDefinition.DEFAULT_SCHEDULE))) {
            alteration = alteration.withSchedule(schedule);
        }
        if (wanted.mode() != status.requestedMode()) {
            alteration = alteration.withMode(wanted.mode());
        }
        boolean otherOptions = !options.areThoseOf(session, row.id());
        if (alteration.equals(Alteration.none()) && !otherOptions) {
            return CallResult.saying(
                    Level.INFO, "stream table " + row.table() + " is the same already");
        }
        List<Notice> notices = new ArrayList<>(altered(row.table(), alteration));
        options.store(session, row.id());
        notices.add(new Notice(Level.INFO, "stream table " + row.table() + " replaced"));
        return CallResult.nothing(notices);
    }

    private List<Notice> altered(String name, Alteration alteration) throws SQLException {
        return alteration.equals(Alteration.none())
                ? List.of()
                : new AlterationRunner(session, engine)
                        .alter(name, alteration).warnings().stream()
                                .map(it -> new Notice(Level.WARNING, it))
                                .toList();
    }

    CallResult alter(CallArguments arguments) throws SQLException {
        StreamTableRow row = StreamTableLookup.findOwned(session, arguments.required("name"));
        Optional<RefreshMode> mode = arguments.text("refresh_mode").map(RefreshMode::parse);
        CatalogOptions options =
                CatalogOptions.of(
                        arguments, mode.orElseGet(() -> RefreshMode.parse(row.requestedMode())));
        Alteration alteration =
                new Alteration(
                        arguments.text("query"),
                        arguments.text("schedule"),
                        mode,
                        arguments.text("status"),
                        arguments.text("partition_by"));
        List<Notice> notices = new ArrayList<>(altered(row.table(), alteration));
        cooled(row, options).ifPresent(notices::add);
        options.store(session, row.id());
        return CallResult.nothing(notices);
    }

    /// What to say of one that was hot and will be refreshed much less often, or not at all.
    private Optional<Notice> cooled(StreamTableRow row, CatalogOptions options)
            throws SQLException {
        Object tier = options.columns().get("refresh_tier");
        if (!"cold".equals(tier) && !"frozen".equals(tier)) {
            return Optional.empty();
        }
        boolean hot =
                session.first(
                                "SELECT refresh_tier = 'hot' AND refresh_mode <> 'IMMEDIATE' FROM pgtrickle.pgt_stream_tables"
                                        + " WHERE pgt_id = ?",
                                it -> it.getBoolean(1),
                                row.id())
                        .orElse(false);
        return hot
                ? Optional.of(
                        new Notice(
                                Level.NOTICE,
                                "stream table "
                                        + row.table()
                                        + ("cold".equals(tier)
                                                ? " is cold: its schedule is ten times as long"
                                                : " is frozen: it is refreshed by hand only")))
                : Optional.empty();
    }

    CallResult drop(CallArguments arguments) throws SQLException {
        String name = arguments.required("name");
        String table = StreamTableLookup.findOwned(session, name).table();
        Removal.drop(
                session,
                name,
                arguments.flag("cascade", false) ? DropBehavior.CASCADE : DropBehavior.RESTRICT);
        return CallResult.saying(Level.INFO, "stream table " + table + " dropped");
    }

    CallResult resume(CallArguments arguments) throws SQLException {
        StreamTableRow row = StreamTableLookup.findOwned(session, arguments.required("name"));
        String status = StatusReader.byId(session, row.id()).status();
        if (!status.equals("SUSPENDED") && !status.equals("ERROR")) {
            throw PgTrickleException.invalidArgument(
                    "invalid argument: stream table " + row.table() + " is " + status,
                    "Only one that is SUSPENDED or in ERROR can be resumed.",
                    "See pgtrickle.pgt_status().");
        }
        altered(row.table(), Alteration.none().withStatus("ACTIVE"));
        Alert.resumed(session, row.id(), status);
        return CallResult.saying(Level.INFO, "stream table " + row.table() + " resumed");
    }

    CallResult bulkCreate(CallArguments arguments) throws SQLException {
        JsonNode definitions = arguments.value("definitions").orElseThrow(DefinitionCalls::noArray);
        if (!definitions.isArray() || definitions.isEmpty()) {
            throw noArray();
        }
        ArrayNode created = JsonNodeFactory.instance.arrayNode();
        List<Notice> notices = new ArrayList<>();
        int number = 0;
        for (JsonNode element : definitions) {
            number++;
            Bulk one = Bulk.of(element, number);
            try {
                Creation.Made made = createOne(one.arguments(), notices);
                created.addObject()
                        .put("name", one.name())
                        .put("status", "created")
                        .put("pgt_id", made.id());
            } catch (PgTrickleException e) {
                throw one.failed(e);
            } catch (SQLException e) {
                throw one.failed(Errors.translate(e));
            }
        }
        notices.add(new Notice(Level.INFO, created.size() + " stream tables created"));
        return new CallResult(created, notices);
    }

    private static PgTrickleException noArray() {
        return PgTrickleException.invalidArgument(
                "invalid argument: definitions",
                "It is not an array with at least one definition.",
                "Give an array of objects with the keys name and query, and the other parameters of"
                        + " create_stream_table.");
    }
}
